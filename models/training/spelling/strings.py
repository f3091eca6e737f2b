"""What people read out on the telephone, word for word: the symbols of the spelling recogniser, and random strings in many styles."""

import random

LETTERS = list("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
DIGITS = "ZERO ONE TWO THREE FOUR FIVE SIX SEVEN EIGHT NINE".split()
TEENS = "TEN ELEVEN TWELVE THIRTEEN FOURTEEN FIFTEEN SIXTEEN SEVENTEEN EIGHTEEN NINETEEN".split()
TENS = "TWENTY THIRTY FORTY FIFTY SIXTY SEVENTY EIGHTY NINETY".split()
NATO = "ALFA BRAVO CHARLIE DELTA ECHO FOXTROT GOLF HOTEL INDIA JULIETT KILO LIMA MIKE NOVEMBER OSCAR PAPA QUEBEC ROMEO SIERRA TANGO UNIFORM VICTOR WHISKEY XRAY YANKEE ZULU".split()
# What else people say for a letter.
EXAMPLES = {
    "A": ["APPLE", "ADAM"],
    "B": ["BOY", "BAKER"],
    "C": ["CAT", "CHARLIE"],
    "D": ["DOG", "DAVID"],
    "E": ["EDWARD", "ELEPHANT"],
    "F": ["FRANK", "FOX"],
    "G": ["GEORGE"],
    "H": ["HENRY", "HOUSE"],
    "I": ["INDIA", "ICE"],
    "J": ["JOHN", "JACK"],
    "K": ["KING"],
    "L": ["LONDON", "LARRY"],
    "M": ["MARY", "MOTHER"],
    "N": ["NANCY", "NORA"],
    "O": ["OSCAR", "ORANGE"],
    "P": ["PETER", "PAUL"],
    "Q": ["QUEEN"],
    "R": ["ROBERT"],
    "S": ["SAM", "SUGAR"],
    "T": ["TOM", "TIGER"],
    "U": ["UNCLE", "UMBRELLA"],
    "V": ["VICTOR"],
    "W": ["WILLIAM", "WATER"],
    "X": ["XRAY"],
    "Y": ["YELLOW"],
    "Z": ["ZEBRA"],
}
SIGNS = "AT DOT UNDERSCORE DASH HYPHEN SLASH PLUS POINT PERIOD SPACE HASH".split()
HOSTS = "GMAIL YAHOO HOTMAIL OUTLOOK ICLOUD EXAMPLE MAIL".split()
ENDINGS = "COM NET ORG EDU".split()
LINKS = "DOUBLE TRIPLE AS IN FOR LIKE AND CAPITAL ZED OH HUNDRED THOUSAND OF THEN".split()
COMMANDS = "ENTER RUBOUT ERASE YES NO REPEAT STOP HELP START GO HALF CODE AREA APOSTROPHE".split()
MONTHS = "JANUARY FEBRUARY MARCH APRIL MAY JUNE JULY AUGUST SEPTEMBER OCTOBER DECEMBER".split()
ORDINALS = "FIRST SECOND THIRD FOURTH FIFTH SIXTH SEVENTH EIGHTH NINTH TENTH ELEVENTH TWELFTH FIFTEENTH SIXTEENTH EIGHTEENTH TWENTIETH THIRTIETH".split()
CHINESE = list("零一幺二两三四五六七八九")
OTHER = "<other>"
# Kokoro's voices that are never trained on.
TEST_VOICES = ("af_sarah", "am_michael", "bm_daniel", "zf_xiaoxiao", "zm_yunxi")


def english_symbols():
    seen = []
    for group in (
        LETTERS,
        DIGITS,
        TEENS,
        TENS,
        NATO,
        [w for l in EXAMPLES.values() for w in l],
        SIGNS,
        HOSTS,
        ENDINGS,
        LINKS,
        COMMANDS,
        MONTHS,
        ORDINALS,
    ):
        for word in group:
            if word not in seen:
                seen.append(word)
    return seen


SYMBOLS = english_symbols() + CHINESE + [OTHER]

# Words that come before and between: all of a run are one `<other>`.
LEADS = [
    "it's",
    "my order number is",
    "the number is",
    "um",
    "uh",
    "okay",
    "that's",
    "yeah it is",
    "the code is",
    "sure",
    "let me see",
    "order",
    "my email is",
    "my zip code is",
    "so that's",
    "I think",
    "hold on",
]
NAMES = "smith garcia johnson miller patel chen rossi kovacs anderson lopez lee khan ahmed wilson moore silva santos kim nguyen martin emma mia olivia noah liam ethan sofia yusuf aarav fatima ivan".split()


def digit(d, r, oh):
    return "OH" if d == "0" and r.random() < oh else DIGITS[int(d)]


def digits(text, r):
    """Words for a row of digits, in one of the ways in which people read them."""
    style, oh, words, i = r.random(), r.choice([0, 0, 0.5, 1]), [], 0
    while i < len(text):
        run = len(text[i:]) - len(text[i:].lstrip(text[i]))
        if style < 0.25 and run >= 2:
            n = min(run, 3)
            words += [["DOUBLE", "TRIPLE"][n - 2], digit(text[i], r, oh)]
            i += n
            continue
        if 0.25 <= style < 0.4 and i + 1 < len(text) and r.random() < 0.6:
            a, b = int(text[i]), int(text[i + 1])
            if a == 1:
                words.append(TEENS[b])
                i += 2
                continue
            if a >= 2:
                words += [TENS[a - 2]] + ([DIGITS[b]] if b else [])
                i += 2
                continue
        if 0.4 <= style < 0.43 and i + 2 < len(text) and text[i] != "0" and text[i + 1 : i + 3] == "00":
            words += [DIGITS[int(text[i])], "HUNDRED"]
            i += 3
            continue
        words.append(digit(text[i], r, oh))
        i += 1
    return words


def letter(c, r, nato):
    if c == "Z" and r.random() < 0.2:
        return ["ZED"]
    if nato < 0.15:
        return [NATO[ord(c) - 65]]
    if nato < 0.3:
        return [
            c,
            *r.choice([["AS", "IN"], ["AS", "IN"], ["FOR"], ["LIKE"]]),
            r.choice([NATO[ord(c) - 65], *EXAMPLES[c]]),
        ]
    return [c]


def random_digits(n, r):
    return "".join(r.choice("0123456789") for _ in range(n))


def order_number(r):
    form = r.random()
    if form < 0.6:
        return letter(r.choice(LETTERS), r, r.random()) + digits(random_digits(7, r), r)
    if form < 0.8:
        return sum((letter(r.choice(LETTERS), r, r.random()) for _ in range(r.choice([2, 3]))), []) + digits(
            random_digits(r.randint(3, 6), r), r
        )
    parts = []
    for _ in range(r.randint(2, 4)):
        parts += letter(r.choice(LETTERS), r, r.random() + 0.1) + digits(random_digits(r.randint(1, 2), r), r)
    return parts


def email(r):
    words = []
    for _ in range(r.choice([1, 2, 2])):
        if words:
            words += [r.choice(["DOT", "UNDERSCORE", "DASH", "HYPHEN", "UNDERSCORE"])]
        words += ["~" + r.choice(NAMES)] if r.random() < 0.5 else [r.choice(LETTERS) for _ in range(r.randint(1, 6))]
    if r.random() < 0.5:
        words += digits(random_digits(r.randint(2, 4), r), r)
    return words + [
        "AT",
        r.choice(HOSTS),
        r.choice(["DOT", "DOT", "DOT", "POINT"]),
        r.choice(["COM", "COM", "COM", "NET", "ORG", "EDU"]),
    ]


def utterance(r):
    """A list of symbols; words with `~` in front are none, and stand for `<other>`."""
    kind = r.random()
    if kind < 0.34:
        words = order_number(r)
    elif kind < 0.46:
        words = digits(random_digits(r.choice([3, 4, 5, 5, 6, 10]), r), r)
    elif kind < 0.58:
        words = [r.choice(LETTERS) for _ in range(r.randint(3, 8))]
    elif kind < 0.70:
        words = email(r)
    elif kind < 0.78:
        words = [r.choice(NATO) for _ in range(r.randint(2, 5))]
    elif kind < 0.84:
        words = sum((letter(r.choice(LETTERS), r, 0.2) for _ in range(2)), [])
    elif kind < 0.90:
        words = [r.choice(COMMANDS)] + digits(random_digits(r.randint(1, 4), r), r)
    elif kind < 0.95:
        words = [r.choice(MONTHS), r.choice(ORDINALS)] + r.choice(
            [[], ["NINETEEN", r.choice(TENS), r.choice(DIGITS[1:])]]
        )
    else:
        words = [r.choice(SYMBOLS[:-13]) for _ in range(r.randint(2, 5))]
    if r.random() < 0.25:
        words = ["~" + r.choice(LEADS)] + words
    return words


def spelled(r):
    """Names and addresses letter by letter, which people do when they are asked again."""
    letters = lambda: [c for c in r.choice(NAMES).upper()] if r.random() < 0.6 else [r.choice(LETTERS) for _ in range(r.randint(2, 7))]
    words = letters()
    if r.random() < 0.7:
        words += [r.choice(["DOT", "DOT", "UNDERSCORE", "DASH"])] + letters()
    if r.random() < 0.3:
        words += digits(random_digits(r.randint(1, 4), r), r)
    if r.random() < 0.75:
        words += ["AT", r.choice(HOSTS), "DOT", r.choice(ENDINGS)]
    return words


def rare(r, pool):
    """The next symbols of a pool that runs through all of them, so that each is spoken by each voice."""
    words = [pool.pop() for _ in range(min(len(pool), r.randint(3, 5)))]
    return words


def chinese(r):
    text = random_digits(r.choice([4, 5, 6, 7, 8, 11]), r)
    yao, liang = r.random() < 0.6, r.random() < 0.15
    return [
        ("幺" if yao else "一")
        if d == "1"
        else ("两" if liang else "二")
        if d == "2"
        else CHINESE[[0, 1, 3, 5, 6, 7, 8, 9, 10, 11][int(d)]]
        for d in text
    ]


def labels(words):
    """The symbols of an utterance, with a run of other words as one."""
    out = []
    for word in words:
        symbol = OTHER if word.startswith("~") else word
        if not (symbol == OTHER and out and out[-1] == OTHER):
            out.append(symbol)
    return out


SPOKEN = {
    "XRAY": "x-ray",
    "ICLOUD": "i-cloud",
    "GMAIL": "g-mail",
    "OH": "oh",
    "RUBOUT": "rub-out",
    "ALFA": "alpha",
    "JULIETT": "juliet",
    "A": "A,",
}


def spoken(words, r, pause):
    """The same as text for a voice, with commas where a pause is."""
    out = []
    for word in words:
        text = word[1:] if word.startswith("~") else SPOKEN.get(word, word if len(word) == 1 else word.lower())
        out.append(text + ("," if r.random() < pause and not word.startswith("~") and not text.endswith(",") else ""))
    return " ".join(out).rstrip(",") + "."
