import { describe, expect, it } from 'vitest';
import {
  matching,
  nextFacet,
  readFacets,
  type FacetedOption,
} from '../../../../src/dialog/capture/facets.ts';

const option = (id: string, facets: Record<string, string>): FacetedOption => ({ id, facets });
const shoes = ['orange', 'grey'].flatMap((colour) =>
  ['7', '8', '9', '10'].map((size) => option(`${colour}-${size}`, { colour, size })),
);
const shirts = ['navy blue', 'blue', 'white'].flatMap((colour) =>
  ['S', 'M', 'L', 'XL'].map((size) => option(`${colour}-${size}`, { colour, size })),
);
const bottles = ['500ml', '750ml', '1000ml'].flatMap((capacity) =>
  ['plastic', 'stainless steel'].map((material) => option(`${capacity}-${material}`, { capacity, material })),
);
const frames = ['black', 'oak'].flatMap((frame) =>
  ['black', 'white'].map((colour) => option(`${frame}-${colour}`, { frame, colour })),
);

function chosen(
  text: string,
  options: readonly FacetedOption[],
  keep: Record<string, string> = {},
  language: 'en' | 'zh' = 'en',
): readonly string[] {
  const answer = readFacets({
    text,
    language,
    options,
    chosen: {},
    keep,
    asked: undefined,
    wordsFor: (value) => ({ grey: ['灰色'], orange: ['橙色'] })[value] ?? [],
    namesFor: (name) => ({ colour: ['color', '颜色'], size: ['尺码', '号'] })[name] ?? [],
  });
  return answer.understood
    ? matching(options, answer.chosen, answer.open.length > 0 ? {} : keep).map(({ id }) => id)
    : [];
}

describe('a variant', () => {
  it.each([
    ['the grey one in size nine', 'grey-9'],
    ['grey, size 9 please', 'grey-9'],
    ['gray in a nine', 'grey-9'],
    ['from orange to grey, size 10', 'grey-10'],
    ['not the orange ones, grey in eight', 'grey-8'],
    ['change the orange shoes to grey size seven', 'grey-7'],
  ])('is named by "%s"', (text, id) => {
    expect(chosen(text, shoes)).toEqual([id]);
  });

  it.each([
    ['in grey', 'grey-8'],
    ['a bigger size', 'orange-9'],
    ['one size down', 'orange-7'],
    ['the same in grey', 'grey-8'],
    ['ten', 'orange-10'],
    ['the orange ones for grey ones', 'grey-8'],
  ])('"%s" keeps what is not named', (text, id) => {
    const others = shoes.filter((shoe) => shoe.id !== 'orange-8');
    expect(chosen(text, others, { colour: 'orange', size: '8' })).toEqual([id]);
  });

  it.each([
    ['navy blue in large', 'navy blue-L'],
    ['blue, extra large', 'blue-XL'],
    ['white medium', 'white-M'],
    ["it's the white one in small", 'white-S'],
  ])('of a shirt is named by "%s"', (text, id) => {
    expect(chosen(text, shirts)).toEqual([id]);
  });

  it.each([
    ['five hundred milliliters in stainless steel', '500ml-stainless steel'],
    ['the 750 ml plastic one', '750ml-plastic'],
    ['one thousand millilitres, steel', '1000ml-stainless steel'],
  ])('of a bottle is named by "%s"', (text, id) => {
    expect(chosen(text, bottles)).toEqual([id]);
  });

  it('is told apart by the facet named beside a value that two facets have', () => {
    expect(chosen('black frame and white', frames)).toEqual(['black-white']);
  });

  it('is named in Chinese', () => {
    expect(chosen('换成灰色的9号', shoes, {}, 'zh')).toEqual(['grey-9']);
    expect(chosen('要灰色十号', shoes, {}, 'zh')).toEqual(['grey-10']);
  });

  it('of which only a facet is named leaves open what it shall be', () => {
    const answer = readFacets({
      text: 'another color',
      language: 'en',
      options: shoes,
      chosen: {},
      keep: { colour: 'orange', size: '8' },
      asked: undefined,
      wordsFor: () => [],
      namesFor: (name) => (name === 'colour' ? ['color'] : []),
    });
    expect(answer.open).toEqual(['colour']);
    expect(nextFacet(shoes, answer.chosen, answer.open)).toEqual({
      facet: 'colour',
      values: ['orange', 'grey'],
    });
  });

  it.each(['what are your opening hours', 'I want to talk to a person', 'yes', ''])(
    'is not named by "%s"',
    (text) => {
      expect(chosen(text, shoes)).toEqual([]);
    },
  );
});
