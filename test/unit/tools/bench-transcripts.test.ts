import { describe, expect, it } from 'vitest';
import { parseTranscripts } from '../../../tools/bench/lib/transcripts.ts';

describe('a transcript file', () => {
  it('may have a name, a tab and the text on each line', () => {
    expect(parseTranscripts('# made by hand\na.wav\tHello there.\r\n\nb\t\n', 'x.tsv')).toEqual([
      { name: 'a.wav', text: 'Hello there.' },
      { name: 'b', text: '' },
    ]);
  });

  it("may be written as CMU's tools do, with or without marks", () => {
    expect(parseTranscripts('<s> U M N Y H SIX </s> (an255-fash-b)\nYES (an251-fash-b)\n', 'an4')).toEqual([
      { name: 'an255-fash-b', text: 'U M N Y H SIX' },
      { name: 'an251-fash-b', text: 'YES' },
    ]);
  });

  it('is refused by line when it is something else', () => {
    expect(() => parseTranscripts('a\tone\nno text at all\n', 'x.tsv')).toThrow(/Line 2 of x\.tsv/);
  });

  it('is refused when a name comes twice', () => {
    expect(() => parseTranscripts('a\tone\na\ttwo\n', 'x.tsv')).toThrow(/name a again/);
  });
});
