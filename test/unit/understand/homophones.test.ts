import { describe, expect, it } from 'vitest';
import {
  decodeCharacters,
  edge,
  encodeCharacters,
  learnCharacters,
  unseen,
} from '../../../src/understand/homophones/language-model.ts';
import { createHomophoneRepair, repairHomophones } from '../../../src/understand/homophones/repair.ts';
import { farthest, syllableDistance } from '../../../src/understand/homophones/syllables.ts';

const said = ['我要退款', '什么时候退款', '退款到账了吗', '帮我转人工', '转人工客服', '帮我查物流'];

describe('syllableDistance', () => {
  it.each([
    ['tui', 'tui'],
    ['zhi', 'zi'],
    ['lan', 'nan'],
    ['zhan', 'zang'],
  ])('takes %s for %s at a price', (a, b) => {
    expect(syllableDistance(a, b)).toBeLessThanOrEqual(farthest);
    expect(syllableDistance(a, b)).toBe(syllableDistance(b, a));
  });

  it.each([
    ['tui', 'ma'],
    ['gong', 'kai'],
    ['', 'wo'],
  ])('does not take %j for %j', (a, b) => {
    expect(syllableDistance(a, b)).toBe(Infinity);
  });

  it('costs more the less alike two syllables are', () => {
    expect(syllableDistance('zhan', 'zhan')).toBe(0);
    expect(syllableDistance('zhan', 'zan')).toBeLessThan(syllableDistance('zhan', 'zang'));
  });
});

describe('the character model', () => {
  const model = learnCharacters(said);

  it('is less surprised by what it has seen', () => {
    const [t, k, w] = ['退', '款', '物'].map((character) => model.numberOf(character));
    expect(model.surprise(t ?? unseen, k ?? unseen)).toBeLessThan(model.surprise(t ?? unseen, w ?? unseen));
  });

  it('gives followers probabilities that sum to 1', () => {
    for (const from of [edge, model.numberOf('退'), model.numberOf('我'), unseen]) {
      const all = [edge, ...model.characters.map((_, index) => index + 1)];
      const sum = all.reduce((total, to) => total + Math.exp(-model.surprise(from, to)), 0);
      expect(sum).toBeCloseTo(1, 5);
    }
  });

  it('is surprised, not lost, by characters that it has not seen', () => {
    expect(model.numberOf('龘')).toBe(unseen);
    expect(Number.isFinite(model.surprise(unseen, unseen))).toBe(true);
    expect(model.surprise(edge, unseen)).toBeGreaterThan(model.surprise(edge, model.numberOf('我')));
  });

  it('comes back from its file with the same opinion', () => {
    const again = decodeCharacters(encodeCharacters(model));
    expect(again.characters).toEqual(model.characters);
    expect(again.surprise(edge, 3)).toBe(model.surprise(edge, 3));
  });

  it.each([0, 3, 9, 60])('refuses a file that was cut at %i bytes', (length) => {
    expect(() => decodeCharacters(encodeCharacters(model).subarray(0, length))).toThrow(
      expect.objectContaining({ code: 'config_invalid' }),
    );
  });
});

describe('homophone repair', () => {
  // Heard often enough to be trusted against what was recognised.
  const { repair } = createHomophoneRepair(learnCharacters(Array.from({ length: 5 }, () => said).flat()));

  it.each([
    ['我要推款', '我要退款'],
    ['帮我占人工', '帮我转人工'],
    ['w237推款到帐了吗', 'w237退款到账了吗'],
  ])('reads %s as %s', (heard, meant) => {
    expect(repair(heard)).toBe(meant);
  });

  it('leaves alone what it has no better word for', () => {
    expect(repair('龘龘 order 12')).toBe('龘龘 order 12');
    expect(repair('')).toBe('');
  });

  it('keeps as many characters as there were', () => {
    for (const text of ['还没法货呢都三天了', '一', '我想推货你们啥时候来那']) {
      expect(Array.from(repairHomophones(text))).toHaveLength(Array.from(text).length);
    }
  });

  it('knows the words of callers as it ships', () => {
    expect(repairHomophones('我要推款')).toBe('我要退款');
    expect(repairHomophones('帮我占人工')).toBe('帮我转人工');
    expect(repairHomophones('我要换货')).toBe('我要换货');
  });
});
