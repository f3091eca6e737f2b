import { spokenForms, symbolTable, type SymbolTable } from '../../src/listen/spelling/symbols.ts';
import type { FrameScores } from '../../src/listen/spelling/viterbi.ts';

/** A table of every symbol that spoken forms of both languages use. */
export function everySymbol(): SymbolTable {
  const symbols = [...spokenForms('en'), ...spokenForms('zh')].flatMap((form) => form.symbols);
  return symbolTable([...new Set([...symbols, 'AT', 'DOT', 'UNDERSCORE', 'GMAIL', 'COM', '<other>'])]);
}

/** What is heard at one moment: a symbol, or several with their shares; `-` is the blank. */
export type Sound = string | Readonly<Record<string, number>>;

/**
 * Frame scores as a good network would give them: each sound for two steps with a blank step before it, everything else at
 * a probability of `floor`.
 */
export function framesOf(sounds: readonly Sound[], table: SymbolTable, floor = 1e-4): FrameScores {
  const width = table.blank + 1;
  const rows = [...sounds.flatMap((sound): Sound[] => ['-', sound, sound]), '-'];
  const logProbs = new Float32Array(rows.length * width).fill(Math.log(floor));
  for (const [step, sound] of rows.entries()) {
    const shares = typeof sound === 'string' ? { [sound]: 0.95 } : sound;
    for (const [symbol, share] of Object.entries(shares)) {
      const column = symbol === '-' ? table.blank : table.number(symbol);
      logProbs[step * width + column] = Math.log(share);
    }
  }
  return { logProbs, steps: rows.length, width };
}
