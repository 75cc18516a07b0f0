"""YAML read into a model; an error names its file and line."""

from pathlib import Path
from typing import TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from undertone.errors import ConfigError

Model = TypeVar("Model", bound=BaseModel)
Place = tuple[int | str, ...]


def read(path: Path, model: type[Model]) -> Model:
    """Read a file.

    Raises:
        ConfigError: it is missing, no YAML, or not what the model asks for.
    """
    try:
        text = path.read_text(encoding="utf-8")
        root = yaml.compose(text, yaml.SafeLoader)
        return model.model_validate(yaml.safe_load(text))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} cannot be read: {error}") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or "it has unprintable characters"
        line = mark.line + 1 if mark else 1
        raise ConfigError(f"{path}:{line}: this is no YAML: {problem}.") from error
    except ValidationError as error:
        raise ConfigError("\n".join(_explained(path, root, error))) from error


def _explained(path: Path, root: yaml.Node | None, error: ValidationError) -> list[str]:
    return [
        f"{path}:{_line(root, one['loc'])}: {'.'.join(map(str, one['loc']))}: "
        f"{one['msg'].removeprefix('Value error, ')}"
        for one in error.errors(include_url=False)
    ]


def _line(node: yaml.Node | None, place: Place) -> int:
    """The line, from 1, of the deepest part of a place that the file has."""
    line = node.start_mark.line + 1 if node else 1
    if not place:
        return line
    inner: yaml.Node | None = None
    if isinstance(node, yaml.MappingNode):
        inner = next((value for key, value in node.value if key.value == str(place[0])), None)
    elif isinstance(node, yaml.SequenceNode) and isinstance(place[0], int):
        inner = node.value[place[0]]
    return _line(inner, place[1:]) if inner else line
