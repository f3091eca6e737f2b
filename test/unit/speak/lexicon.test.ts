import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { languages } from '../../../src/core/language.ts';
import { pronounce } from '../../../src/speak/pronounce.ts';
import { loadLexicon, type Lexicon } from '../../../src/speak/pronounce/lexicon.ts';

const folder = mkdtempSync(join(tmpdir(), 'kefu-lexicon-'));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const read = (text: string, lexicon: Lexicon): string =>
  pronounce([{ type: 'text', text }], lexicon.language, { nowEpochMs: 0, timeZone: 'UTC', lexicon })
    .map((sentence) => sentence.spoken)
    .join(' ');

describe('a lexicon', () => {
  const words = {
    fedex: 'fed ex',
    'fedex ground': 'fed ex ground service',
    UPS: 'U P S',
    'b&h': 'bee and aitch',
  };
  const lexicon: Lexicon = { language: 'en', words };

  it('matches lower-case words in any case, and words with capitals only as written', () => {
    expect(read('FedEx, FEDEX and fedex; UPS has ups.', lexicon)).toBe(
      'fed ex, fed ex and fed ex; U P S has ups.',
    );
  });

  it('matches whole words only, the longest first', () => {
    expect(read('Fedexing by FedEx Ground, not UPSET.', lexicon)).toBe(
      'Fedexing by fed ex ground service, not UPSET.',
    );
  });

  it('comes before the reading of symbols and numbers', () => {
    expect(read('B&H and C&A', lexicon)).toBe('bee and aitch and C and A');
  });

  it('matches Chinese words inside a sentence', () => {
    const chinese: Lexicon = { language: 'zh', words: { 行货: '杭货', SKU: '货号' } };
    expect(read('这是行货吗，SKU是12', chinese)).toBe('这是杭货吗，货号是十二');
  });

  it.each(languages)('ships for %s', async (language) => {
    const shipped = await loadLexicon(join(import.meta.dirname, `../../../voices/lexicon.${language}.json`));
    expect(shipped.language).toBe(language);
  });

  it.each([
    ['is no JSON', '{', 'JSON'],
    ['has an unknown key', '{"language":"en","words":{},"wrods":{}}', 'wrods'],
    ['has an empty respelling', '{"language":"en","words":{"fedex":" "}}', 'fedex'],
    ['is of an unknown language', '{"language":"xx","words":{}}', 'language'],
  ])('that %s is refused by file and key', async (_name, json, named) => {
    const path = join(folder, 'lexicon.json');
    writeFileSync(path, json);
    await expect(loadLexicon(path)).rejects.toMatchObject({ code: 'config_invalid' });
    await expect(loadLexicon(path)).rejects.toThrow(path);
    await expect(loadLexicon(path)).rejects.toThrow(named);
  });

  it('that is missing is named', async () => {
    await expect(loadLexicon(join(folder, 'none.json'))).rejects.toMatchObject({ code: 'config_invalid' });
  });
});
