import type { TranscriptLine } from '../../core/desk.ts';

/** A piece of a line's text, and whether it is what was searched for. */
export interface Piece {
  readonly text: string;
  readonly hit: boolean;
}

/** Wide and narrow letters and capitals are alike; the length stays, since pieces of the text are cut by it. */
function folded(text: string): string {
  return Array.from(text)
    .map((letter) => {
      const alike = letter.normalize('NFKC').toLowerCase();
      return alike.length === letter.length ? alike : letter;
    })
    .join('');
}

/** A text cut into pieces by what is searched for; one piece when it is not in it. */
export function piecesOf(text: string, wanted: string): Piece[] {
  const needle = folded(wanted.trim());
  if (needle === '') return [{ text, hit: false }];
  const hay = folded(text);
  const pieces: Piece[] = [];
  let from = 0;
  for (let at = hay.indexOf(needle); at !== -1; at = hay.indexOf(needle, from)) {
    if (at > from) pieces.push({ text: text.slice(from, at), hit: false });
    from = at + needle.length;
    pieces.push({ text: text.slice(at, from), hit: true });
  }
  if (from < text.length || pieces.length === 0) pieces.push({ text: text.slice(from), hit: false });
  return pieces;
}

/** The lines in which something is found; all of them when nothing is searched for. */
export function linesWith(lines: readonly TranscriptLine[], wanted: string): readonly TranscriptLine[] {
  if (wanted.trim() === '') return lines;
  return lines.filter(({ text }) => piecesOf(text, wanted).some(({ hit }) => hit));
}
