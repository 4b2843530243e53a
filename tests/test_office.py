"""The composition root: finding an office, reading its settings, wiring its objects, making a new one."""

from __future__ import annotations

import sqlite3
from datetime import UTC, date, datetime

import pytest

from wirflow.clock import SystemClock, VirtualClock
from wirflow.errors import DatabaseError, DefinitionError, InputError, WorldError
from wirflow.office import Office, content, create
from wirflow.office.place import find, peek_lang
from wirflow.office.settings import PersonSettings, read

HEAD = '[office]\nname = "Amt"\n'


def office(folder, words: str = HEAD) -> Office:
    """An office with these settings."""
    (folder / "wirflow.toml").write_text(words, encoding="utf-8")
    return Office(folder)


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch, tmp_path):
    for name in ("WIRFLOW_OFFICE", "WIRFLOW_LANG", "WIRFLOW_DATABASE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


def test_an_office_is_found_here_above_by_name_and_by_variable(tmp_path, monkeypatch):
    """The named one first, then the variable's, then the one here or above; else none."""
    assert find() is None
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "c").mkdir()
    for name in ("a", "c"):
        (tmp_path / name / "wirflow.toml").write_text(HEAD)

    monkeypatch.chdir(tmp_path / "a" / "b")
    assert find() == tmp_path / "a"
    monkeypatch.setenv("WIRFLOW_OFFICE", str(tmp_path / "c"))
    assert find() == tmp_path / "c"
    assert find(str(tmp_path / "a" / "wirflow.toml")) == tmp_path / "a"
    with pytest.raises(InputError, match="no office"):
        find(str(tmp_path / "a" / "b"))


def test_only_a_name_is_needed(tmp_path):
    """Everything else has a default that fits an office in Hesse."""
    settings = office(tmp_path).settings

    assert (settings.office.lang, settings.office.zone, settings.office.land) == ("de", "Europe/Berlin", "HE")
    assert settings.notices.channels == ("file",)


@pytest.mark.parametrize(
    ("words", "place", "says"),
    [
        ('[office]\nnme = "Amt"\n', "2:1", "Did you mean 'name'?"),
        (f"{HEAD}zone = 7\n", "3:1", "Expected is a text"),
        (f'{HEAD}lang = "fr"\n', "3:1", "office.lang has a wrong value"),
        (f'{HEAD}lang = "fr"\n', "3:1", "Expected is 'de' or 'en'"),
        (f'{HEAD}zone = "Mars/Olympus"\n', "3:1", "The time zone 'Mars/Olympus' is unknown"),
        (f'{HEAD}person = "leitung"\n\n[people.leitun]\n', "3:1", "Did you mean 'leitun'?"),
        (f'{HEAD}today = "soon"\n', "3:1", "Expected is a date"),
        (f"{HEAD}[offices]\n", "3:1", "Did you mean 'office'?"),
        ("[notices]\n", "1:1", "Missing: [office]"),
        ("[office]\n", "1:1", "Missing: office.name"),
        (f'{HEAD}\n[people.a]\nrole = ["x"]\n', "5:1", "Did you mean 'roles'?"),
        (f'{HEAD}\n[people.a]\nroles = "x"\n', "5:1", "people.a.roles has a wrong value"),
        (f'{HEAD}\n[notices]\nchannels = ["fax"]\n', "5:1", "There is no channel 'fax'"),
        (f'{HEAD}\n[notices]\nchannels = ["smtp"]\n', "5:1", "needs the section [smtp]"),
        (f'{HEAD}\n[notices]\nform = "a@b"\n', "5:1", "Did you mean 'from'?"),
        (f'{HEAD}\n[smtp]\nhost = "h"\ntls = "maybe"\n', "6:1", "smtp.tls has a wrong value"),
        (f"{HEAD}\n[base_rates]\n2030-02-01 = 1.0\n", "5:1", "is no base rate"),
        (f"{HEAD}\n[base_rates]\n2030-01-01 = true\n", "5:1", "is no base rate"),
        (f"{HEAD}\n[base_rates]\n2030-01-01 = 1.234\n", "5:1", "is no base rate"),
        (f"{HEAD}\n[smtp]\nport = 25\n", "4:1", "Missing: smtp.host"),
    ],
)
def test_wrong_settings_name_place_key_and_what_was_meant(tmp_path, words, place, says):
    """An unknown key, a wrong type, a name that is nothing: told with line, column and the near one."""
    with pytest.raises(InputError) as raised:
        office(tmp_path, words)

    told = raised.value.explain("en")
    assert f"wirflow.toml:{place}: " in told
    assert says in told
    assert raised.value.explain("de") != told


def test_a_land_that_is_none_is_told_with_its_place(tmp_path):
    """Whose holidays count is read when the first deadline needs it; then, too, the error names the line."""
    with pytest.raises(InputError) as raised:
        _ = office(tmp_path, f'{HEAD}land = "XX"\n').profile

    assert "wirflow.toml:3:1: " in raised.value.explain("de")
    assert "HE" in raised.value.explain("en")


@pytest.mark.parametrize("words", ["[office", "name = 'a\n", "\x00"])
def test_what_is_no_toml_is_told_with_its_place(tmp_path, words):
    """The parser's own words say where."""
    with pytest.raises(InputError, match="no valid TOML") as raised:
        office(tmp_path, words)

    assert "(at " in raised.value.explain("en")


def test_settings_that_cannot_be_read_are_told(tmp_path):
    """A folder in the place of the file, or bytes that are no text."""
    with pytest.raises(InputError, match="cannot be read"):
        read(tmp_path / "nowhere")
    (tmp_path / "wirflow.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(InputError, match="cannot be read"):
        read(tmp_path)


def test_the_language_is_peeked_at_without_judging(tmp_path):
    """A broken file has no language, and a good one says its own."""
    assert peek_lang(tmp_path) is None
    (tmp_path / "wirflow.toml").write_text('[office]\nlang = "en"\nfoo = 1\n')
    assert peek_lang(tmp_path) == "en"
    (tmp_path / "wirflow.toml").write_text("[office]\nlang = 7\n")
    assert peek_lang(tmp_path) is None


def test_the_clock_is_the_machines_or_stands_still(tmp_path):
    """A date means its noon, a moment means itself, both in the office's zone."""
    assert isinstance(office(tmp_path).clock, SystemClock)
    assert office(tmp_path, f"{HEAD}today = 2020-07-01\n").clock.now() == datetime(2020, 7, 1, 10, tzinfo=UTC)
    still = office(tmp_path, f"{HEAD}today = 2020-12-10T18:00:00\n")
    assert still.clock.now() == datetime(2020, 12, 10, 17, tzinfo=UTC)
    assert still.practice
    assert still.today == date(2020, 12, 10)


def test_an_event_of_a_day_counts_at_its_noon_and_today_now(tmp_path):
    """Noon lies safely within the day in every zone and season."""
    still = office(tmp_path, f"{HEAD}today = 2020-12-10T18:00:00\n")

    assert still.at(date(2020, 12, 10)) == still.clock.now()
    assert still.at(date(2020, 12, 9)) == datetime(2020, 12, 9, 11, tzinfo=UTC)


@pytest.mark.parametrize(
    "moment",
    [
        datetime(2021, 1, 1, 12, 30, 1, 644000, tzinfo=UTC),
        datetime(2021, 10, 31, 0, 30, tzinfo=UTC),
        datetime(2021, 10, 31, 1, 30, 0, 1, tzinfo=UTC),
        datetime(2021, 3, 28, 1, tzinfo=UTC),
    ],
)
def test_a_clock_that_was_moved_is_found_where_it_was_left(tmp_path, moment):
    """To the microsecond, and also in the hour that comes twice, an office opened anew goes on there."""
    office(tmp_path, f"{HEAD}today = 2020-12-10T18:00:00\n").set_clock(moment)

    assert Office.find(str(tmp_path)).clock.now() == moment


def test_moving_the_clock_keeps_the_rest_of_the_file(tmp_path):
    """Comments and order stay; only the day changes; and it only goes forward."""
    words = f"# head\n{HEAD}today = 2020-12-10T18:00:00\n# tail\n"
    still = office(tmp_path, words)

    still.set_clock(datetime(2021, 1, 1, 12))  # noqa: DTZ001 - a time of the office's own

    assert (tmp_path / "wirflow.toml").read_text() == words.replace("2020-12-10T18", "2021-01-01T12")
    assert isinstance(still.clock, VirtualClock)
    with pytest.raises(InputError, match="does not go back"):
        still.set_clock(datetime(2020, 1, 1, tzinfo=UTC))
    with pytest.raises(InputError, match="practice"):
        office(tmp_path).set_clock(datetime(2030, 1, 1, tzinfo=UTC))


def test_a_relative_database_lies_in_the_office(tmp_path, monkeypatch):
    """Relative to the folder of the office and not to where one stands; the variable wins."""
    elsewhere = f'{HEAD}database = "sqlite:////var/x.db"\n'
    assert office(tmp_path).unchecked_database.url.database == f"{tmp_path}/wirflow.db"
    assert office(tmp_path, elsewhere).unchecked_database.url.database == "/var/x.db"
    monkeypatch.setenv("WIRFLOW_DATABASE", "sqlite:///other.db")
    assert office(tmp_path).unchecked_database.url.database == f"{tmp_path}/other.db"


def test_a_missing_database_is_no_empty_one(tmp_path):
    """Looking at an office never makes a database; the error says how one is made."""
    with pytest.raises(DatabaseError, match="missing") as raised:
        _ = office(tmp_path).database

    assert raised.value.exit_code == 3
    assert not (tmp_path / "wirflow.db").exists()


@pytest.mark.parametrize(("version", "says"), [("0000", "wirflow migrate"), ("9999", "newer wirflow")])
def test_a_database_of_another_version_is_refused(tmp_path, version, says):
    """Older or newer than this program: told with what to do."""
    create.create(tmp_path / "o", lang="en").close()
    with sqlite3.connect(tmp_path / "o" / "wirflow.db") as database:
        database.execute("UPDATE alembic_version SET version_num = ?", (version,))
    database.close()

    with pytest.raises(DatabaseError) as raised:
        _ = Office(tmp_path / "o").database

    assert says in raised.value.explain("en")


def test_own_rules_that_are_wrong_stop_the_engine(tmp_path):
    """A deadline is never computed by half a rule."""
    with pytest.raises(DefinitionError, match="finding"):
        _ = office(tmp_path, f'{HEAD}\n[rules.x]\ntitle = "X"\n').catalogue


def test_nobody_acts_unless_the_settings_or_the_call_say_who(tmp_path):
    """Without a usual person the error names those there are."""
    with pytest.raises(InputError) as raised:
        _ = office(tmp_path, f"{HEAD}[people.lead]\n").person

    assert "lead" in raised.value.explain("de")
    assert office(tmp_path, f'{HEAD}person = "lead"\n[people.lead]\n').person == "lead"


def test_the_profile_is_what_the_settings_say(tmp_path):
    """People with names, roles and languages; a Land in any spelling that is one."""
    made = office(
        tmp_path,
        f'{HEAD}land = "HE"\n[people.a]\nroles = ["clerk"]\nlang = "en"\n[notices]\nfrom = "w@amt.example"\n',
    )

    assert made.profile.people["a"].roles == {"clerk"}
    assert made.profile.people["a"].name == "a"
    assert made.profile.sender == "w@amt.example"


def test_what_is_written_is_read_again(tmp_path):
    """Names with quotes, backslashes and line breaks survive in `wirflow.toml`."""
    people = {
        "a.b": PersonSettings(name='Die "Eins"\\', email="a@b.example", roles=("clerk", "lead"), lang="en")
    }
    made = create.create(tmp_path / "o", lang="de", name='Amt "51"\nNord', people=people, person="a.b")

    assert made.name == 'Amt "51" Nord'
    assert made.settings.people == people
    assert made.person == "a.b"


def test_a_place_that_cannot_be_written_is_told(tmp_path):
    """A file where a folder should be: an error about the world, and nothing half made."""
    (tmp_path / "file").write_text("")

    with pytest.raises(WorldError) as raised:
        create.create(tmp_path / "file" / "office", lang="en")

    assert raised.value.exit_code == 3


def test_a_demo_is_cleared_and_what_else_lies_there_stays(tmp_path):
    """Only what wirflow made is removed."""
    create.create(tmp_path / "o", lang="de", mark=True).close()
    (tmp_path / "o" / "mine.txt").write_text("keep")

    create.clear(tmp_path / "o")

    assert [path.name for path in (tmp_path / "o").iterdir()] == ["mine.txt"]
    with pytest.raises(InputError, match="left alone"):
        create.clear(tmp_path / "o")


def test_an_offices_own_files_win_over_the_shipped_ones(tmp_path):
    """A file of the same name replaces the shipped one; the others count as well."""
    (tmp_path / "workflows").mkdir()
    (tmp_path / "workflows" / "position.yaml").write_text("")
    (tmp_path / "workflows" / "zoo.yaml").write_text("")

    found = {path.name: path.parent for path in content.files(tmp_path)}

    assert found["position.yaml"] == found["zoo.yaml"] == tmp_path / "workflows"
    assert found["grant_application.yaml"] == content.shipped("workflows")
    assert not content.is_portfolio(tmp_path / "nowhere.yaml")


def test_the_trail_is_signed_with_the_offices_own_key(tmp_path):
    """The public key fits the secret one; without one nothing is sealed."""
    made = create.create(tmp_path / "Amt 51", lang="de")
    key = made.secret_key

    assert key is not None
    assert key.public == made.public_key
    assert key.name == "wirflow/amt-51"
    (tmp_path / "Amt 51" / "audit.key").unlink()
    assert made.secret_key is None
    assert made.seal() is None
    made.close()
