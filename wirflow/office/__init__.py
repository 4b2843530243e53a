"""The composition root: finding an office, wiring its objects, making a new one."""

from wirflow.office.office import Office

__all__ = ["Office"]
