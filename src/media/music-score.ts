/** A note of the hold music. Pitches are MIDI numbers (69 is 440 Hz). */
export interface Note {
  readonly pitch: number;
  readonly startS: number;
  readonly lengthS: number;
  /** Seconds until it is at its loudest; slow ones sound like a pad, and nothing like a syllable. */
  readonly attackS: number;
  readonly loudness: number;
}

/** The piece is eight chords long, and dies away before it begins again. */
export const chordS = 6;
export const loopS = 48;

/** No pitch below 57 (220 Hz): a telephone would not carry it. */
const chords: readonly (readonly number[])[] = [
  [60, 64, 67, 71], // C major 7
  [57, 60, 64, 67], // A minor 7
  [60, 65, 69, 76], // F major 7
  [59, 62, 67, 69], // G, added 9
  [59, 62, 64, 67], // E minor 7
  [57, 60, 64, 71], // A minor 9
  [57, 60, 65, 69], // F over A
  [60, 64, 67, 74], // C, added 9
];

/** Pitch and start in seconds. */
const melody: readonly (readonly [pitch: number, startS: number])[] = [
  [79, 2],
  [76, 4],
  [74, 7.5],
  [72, 10],
  [76, 13.5],
  [81, 15.5],
  [79, 19],
  [74, 21.5],
  [71, 25.5],
  [74, 27.5],
  [76, 31],
  [79, 33.5],
  [77, 37],
  [76, 39],
  [72, 43],
];

const strumS = 0.12;

export const score: readonly Note[] = [
  ...chords.flatMap((pitches, index) =>
    pitches.map((pitch, voice): Note => {
      const startS = index * chordS + voice * strumS;
      // Each chord rings into the next; the last one has nobody to ring into.
      const endS = index === chords.length - 1 ? loopS - 0.1 : (index + 1) * chordS + 1.2;
      return { pitch, startS, lengthS: endS - startS, attackS: 1.4, loudness: 1 };
    }),
  ),
  ...melody.map(([pitch, startS]): Note => ({
    pitch,
    startS,
    lengthS: 4,
    attackS: 0.25,
    loudness: 0.8,
  })),
];
