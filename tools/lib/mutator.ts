import { createRandom, type Random } from '../../src/commerce/demo-shop/random.ts';

/**
 * Breaks messages in the ways that networks, other programs and attackers break them: always the same way for the same seed, so
 * that what was found is found again.
 */
export class Mutator {
  readonly #random: Random;

  /** @param seed - 32 bits. */
  constructor(seed: number) {
    this.#random = createRandom(seed);
  }

  /** One of several things. */
  pick<T>(list: readonly T[]): T {
    return this.#random.pick(list);
  }

  chance(probability: number): boolean {
    return this.#random.chance(probability);
  }

  /** A whole number from `min` to `max`, both included. */
  int(min: number, max: number): number {
    return this.#random.int(min, max);
  }

  /** A text protocol's message with one to four faults; `other` is what it may be spliced with. */
  text(message: Uint8Array, other: Uint8Array): Uint8Array {
    return this.#apply(message, other, [...byteFaults, ...textFaults]);
  }

  /** A binary message with one to four faults. */
  binary(message: Uint8Array, other: Uint8Array): Uint8Array {
    return this.#apply(message, other, byteFaults);
  }

  #apply(message: Uint8Array, other: Uint8Array, faults: readonly Fault[]): Uint8Array {
    let bytes = Buffer.from(message);
    for (let count = this.#random.int(1, 4); count > 0; count -= 1) {
      bytes = Buffer.from(this.#random.pick(faults)(bytes, this.#random, Buffer.from(other)));
    }
    return Uint8Array.from(bytes.subarray(0, maxBytes));
  }
}

/** What a datagram holds at most. */
const maxBytes = 65_000;

type Fault = (bytes: Buffer, random: Random, other: Buffer) => Buffer;

/** A place in the bytes, their end included. */
const placeIn = (bytes: Buffer, random: Random): number => random.int(0, bytes.length);

const byteFaults: readonly Fault[] = [
  /** Bits are flipped. */
  (bytes, random) => {
    if (bytes.length === 0) return bytes;
    for (let count = random.int(1, 8); count > 0; count -= 1) {
      const at = random.int(0, bytes.length - 1);
      bytes[at] = (bytes[at] ?? 0) ^ (1 << random.int(0, 7));
    }
    return bytes;
  },
  /** The end is missing. */
  (bytes, random) => bytes.subarray(0, placeIn(bytes, random)),
  /** The beginning is missing. */
  (bytes, random) => bytes.subarray(placeIn(bytes, random)),
  /** A piece is missing. */
  (bytes, random) => {
    const at = placeIn(bytes, random);
    return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + random.int(1, 40))]);
  },
  /** A piece comes several times. */
  (bytes, random) => {
    const at = placeIn(bytes, random);
    const piece = bytes.subarray(at, at + random.int(1, 60));
    const copies = new Array<Buffer>(random.int(1, 50)).fill(piece);
    return Buffer.concat([bytes.subarray(0, at), ...copies, bytes.subarray(at)]);
  },
  /** Bytes of any kind are put in. */
  (bytes, random) => {
    const at = placeIn(bytes, random);
    const put = Buffer.from(Array.from({ length: random.int(1, 30) }, () => random.int(0, 255)));
    return Buffer.concat([bytes.subarray(0, at), put, bytes.subarray(at)]);
  },
  /** It goes on as another message. */
  (bytes, random, other) =>
    Buffer.concat([bytes.subarray(0, placeIn(bytes, random)), other.subarray(placeIn(other, random))]),
];

/** Numbers at and beyond the limits of what programs keep them in. */
const hardNumbers = [
  ...['0', '-1', '00000000000000000001', '255', '256', '65535', '65536', '2147483647', '2147483648'],
  ...['4294967295', '4294967296', '9007199254740993', '9'.repeat(40), '1e9', '0x10', '1.5', 'NaN', ''],
] as const;

/** Characters that programs tend to stumble over; one byte each or UTF-8. */
const hardText = [
  ...[
    '\0',
    '\r',
    '\n',
    '\r\n',
    '\r\n\r\n',
    '\t',
    ' ',
    '"',
    '\\',
    '<',
    '>',
    ';',
    ',',
    ':',
    '=',
    '@',
    '%',
    '%00',
    '?',
  ],
  ...[
    '客服',
    '\u{1f4de}',
    '\u202e',
    '\ufeff',
    '__proto__',
    'constructor',
    '((((((((',
    ';;;;',
    '""""',
    'a'.repeat(5_000),
  ],
] as const;

/** Works on the lines of a message. */
const onLines =
  (change: (lines: string[], random: Random) => void): Fault =>
  (bytes, random) => {
    const lines = bytes.toString('latin1').split('\r\n');
    change(lines, random);
    return Buffer.from(lines.join('\r\n'), 'latin1');
  };

const textFaults: readonly Fault[] = [
  /** A line comes twice. */
  onLines((lines, random) => {
    const at = random.int(0, lines.length - 1);
    lines.splice(random.int(0, lines.length), 0, lines[at] ?? '');
  }),
  /** A line is missing. */
  onLines((lines, random) => void lines.splice(random.int(0, lines.length - 1), 1)),
  /** Two lines change places. */
  onLines((lines, random) => {
    const [one, two] = [random.int(0, lines.length - 1), random.int(0, lines.length - 1)];
    [lines[one], lines[two]] = [lines[two] ?? '', lines[one] ?? ''];
  }),
  /** A number becomes one that is hard to keep. */
  (bytes, random) => {
    const text = bytes.toString('latin1');
    const numbers = [...text.matchAll(/\d+/g)];
    if (numbers.length === 0) return bytes;
    const found = random.pick(numbers);
    const put = random.pick(hardNumbers);
    return Buffer.from(
      text.slice(0, found.index) + put + text.slice(found.index + found[0].length),
      'latin1',
    );
  },
  /** What is hard to read is put in. */
  (bytes, random) => {
    const at = placeIn(bytes, random);
    return Buffer.concat([bytes.subarray(0, at), Buffer.from(random.pick(hardText)), bytes.subarray(at)]);
  },
  /** Upper case becomes lower case and the other way round, from some place on. */
  (bytes, random) => {
    const at = placeIn(bytes, random);
    const tail = bytes.subarray(at).toString('latin1');
    const changed = random.chance(0.5) ? tail.toLowerCase() : tail.toUpperCase();
    return Buffer.concat([bytes.subarray(0, at), Buffer.from(changed, 'latin1')]);
  },
];
