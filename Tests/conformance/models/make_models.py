"""Makes the models that conformance tests push: small, each for one thing that a server can get wrong.

usage: make_models.py FOLDER [NAME...]

FOLDER must not exist or be empty. Without names, all models are made. Writes
  NAME.onnx, or the folder NAME/ with model.onnx for external data
  NAME.cases.json   inputs, the answers of Python's ONNX Runtime to them, and inputs that attack
  models.json       all of them: name, path to push, what it is about, what is expected of a server

From Python: `make(folder, names=None)` does the same and returns the content of models.json, and
`tensors.from_case` turns a tensor of a case file into a NumPy array.
"""

import json
import pathlib
import sys

import control_flow
import external_data
import hostile
import onnx
import ordinary
from recipes import SERVES
from tensors import run, to_case

SOURCES = [ordinary, control_flow, external_data, hostile]


def make(folder, names=None):
    """Makes the named models, or all, in `folder`; returns what models.json says: facts by name."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise FileExistsError(f"{folder} is not empty")
    recipes = {recipe.name: recipe for source in SOURCES for recipe in source.recipes()}
    unknown = set(names or []) - recipes.keys()
    if unknown:
        raise ValueError(f"no model is named {', '.join(sorted(unknown))}; there are {', '.join(recipes)}")
    index = {name: write(recipe, folder) for name, recipe in recipes.items() if not names or name in names}
    (folder / "models.json").write_text(json.dumps(index, indent=2, ensure_ascii=False) + "\n")
    return index


def write(recipe, folder):
    if recipe.write:
        path = recipe.write(folder)
    else:
        path = f"{recipe.name}.onnx"
        onnx.save(recipe.model, folder / path)
    facts = {"path": path, "about": recipe.about, "expect": recipe.expect}
    if recipe.cases or recipe.attacks:
        facts["cases"] = f"{recipe.name}.cases.json"
        (folder / facts["cases"]).write_text(json.dumps(cases_of(recipe, folder / path), ensure_ascii=False) + "\n")
    elif recipe.expect == SERVES:
        raise ValueError(f"{recipe.name} is to be served, but has no case")
    return facts


def cases_of(recipe, path):
    model = path / "model.onnx" if path.is_dir() else path
    return {
        "tolerance": recipe.tolerance,
        "cases": [
            {"title": title, "inputs": listed(feeds), "outputs": listed(run(str(model), feeds))}
            for title, feeds in recipe.cases
        ],
        "attacks": [{"title": title, "inputs": listed(feeds)} for title, feeds in recipe.attacks],
    }


def listed(values):
    return [to_case(name, value) for name, value in values.items()]


if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[1].startswith("-"):
        sys.exit(__doc__)
    try:
        made = make(sys.argv[1], sys.argv[2:])
    except (FileExistsError, ValueError) as error:
        sys.exit(str(error))
    print(f"{len(made)} models in {sys.argv[1]}")
