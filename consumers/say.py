"""Words to the person at the keyboard: results and progress to standard output, problems to error."""

from rich.console import Console

console = Console(highlight=False, soft_wrap=True)
_errors = Console(stderr=True, highlight=False, soft_wrap=True)


def tell(sentence: str) -> None:
    """A sentence on progress or result."""
    console.print(sentence, markup=False)


def warn(sentence: str) -> None:
    """A sentence that is no result: a problem, or a remark beside it."""
    _errors.print(sentence, markup=False)
