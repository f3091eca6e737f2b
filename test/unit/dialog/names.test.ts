import { describe, expect, it } from 'vitest';
import { readFileSync } from 'node:fs';
import { decodeIndices, encodeIndices } from '../../../src/dialog/names/index-file.ts';
import { computeIndices, indexFile, lexicon, listed } from '../../../src/dialog/names/lexicon.ts';
import {
  addressesLike,
  namesLike,
  soundsNear,
  spelledNamesLike,
} from '../../../src/dialog/names/names-like.ts';
import { plainWords, soundsOf } from '../../../src/dialog/names/sounds.ts';

/** What is looked up for one answer at most (`asking.ts`). */
const lookUps = 8;

describe('names that sound like what was heard', () => {
  it.each([
    ['Yusa Frasi', 'Yusuf Rossi'],
    ["Jane's walker", 'James Walker'],
    ['May Lee', 'Mae Lee'],
    ['Fatty McCann', 'Fatima Khan'],
    ['Noah Browns', 'Noah Brown'],
    ['Arav Patell', 'Aarav Patel'],
    ['Rajh Kapor', 'Raj Kapoor'],
    ['Sara Conner', 'Sarah Connor'],
    ['Jon Smyth', 'John Smith'],
    ['Gorge Garsia', 'George Garcia'],
    ['Emily Cart her', 'Emily Carter'],
    ['Pete Her Moore', 'Peter Moore'],
    ['An Drew Wilson', 'Andrew Wilson'],
    ['Lawrence Chapman', 'Laurence Chapman'],
    ['Steven Philips', 'Stephen Phillips'],
    ['Dan yell Martin', 'Daniel Martin'],
    ['Sophie a Lopez', 'Sophia Lopez'],
    ['Cloe Turner', 'Chloe Turner'],
    ['Fill Cooper', 'Phil Cooper'],
    ['Ray Chill Adams', 'Rachel Adams'],
    ['Isa Bella Torres', 'Isabella Torres'],
    ["Allen Parker's", 'Alan Parker'],
    ['Shawn Murphy', 'Sean Murphy'],
    ['Mark is Green', 'Marcus Green'],
    ['Neil Kaplan', 'Neal Kaplan'],
    ["Ali Hassan's", 'Ali Hassan'],
    ['Carl os Rivera', 'Carlos Rivera'],
    ['Loose E Baker', 'Lucy Baker'],
    ['Vic tore Hill', 'Victor Hill'],
    ['Nick alas Young', 'Nicholas Young'],
    ['Jew Lee a Rossi', 'Julia Rossi'],
    ['Ingrid Larson', 'Ingrid Larsen'],
    ['Meg in Price', 'Megan Price'],
    ['Tracy Rights', 'Tracy Wright'],
    ['Oh Mar Aziz', 'Omar Aziz'],
    ["Graham Bell's", 'Graham Bell'],
    ['Lee Oh Costa', 'Leo Costa'],
    ['Anna Nguyen', 'Ana Nguyen'],
    ['Priya Share ma', 'Priya Sharma'],
    ['Kevin Oh Brian', 'Kevin Obrien'],
    ['Ran D Scott', 'Randy Scott'],
  ])('%s may be %s', (heard, name) => {
    expect(namesLike([heard]).slice(0, lookUps)).toContain(name);
    expect(soundsNear(heard, name)).toBe(true);
  });

  it.each(['Emma Carter', 'Dee Pack Sharma', 'Xqz Brtk', 'Emma'])('begin with %s itself', (heard) => {
    const names = namesLike([heard]);
    expect(names[0]).toBe(heard);
    expect(names.length).toBeLessThanOrEqual(12);
    expect(new Set(names.map((name) => name.toLowerCase())).size).toBe(names.length);
  });

  it('come from other readings of the recogniser too', () => {
    expect(namesLike(['Bread Stone', 'Brett Stone']).slice(0, lookUps)).toContain('Brett Stone');
  });

  it('are the heard one alone for Chinese names, and none for nothing', () => {
    expect(namesLike(['王小明'])).toEqual(['王小明']);
    expect(soundsNear('王小明', '小明 王')).toBe(true);
    expect(namesLike([])).toEqual([]);
  });

  it.each([
    ['Emma Carter', 'James Walker'],
    ['Noah Brown', 'Nora Browning'],
    ['Mei Li', 'Mia Lopez'],
    ['Alan Parker', 'Alan Walker'],
  ])('are not near when they are %s and %s', (heard, name) => {
    expect(soundsNear(heard, name)).toBe(false);
  });
});

describe('names spelled like what was read', () => {
  it.each([
    [['Moah'], ['Browm'], '', 'Noah Brown'],
    [['Enma'], ['Sisher'], '', 'Emma Fisher'],
    [['Yusuf'], ['Rofsi'], 'Yusa Frasi', 'Yusuf Rossi'],
    [['Danial'], ['Vrown'], 'Dan yell Brown', 'Daniel Brown'],
    [['Mbei', 'Mei'], ['Lee', 'Li'], 'May Lee', 'Mei Li'],
    // No list has this one: its first letter and its last are those that were heard in the word.
    [['Gaik'], ['Johnson'], 'Deki Johnson', 'Daiki Johnson'],
  ])('%j %j, said as "%s", may be %s', (firsts, lasts, said, name) => {
    expect(spelledNamesLike(firsts, lasts, said).slice(0, lookUps)).toContain(name);
  });

  it('begin with what was spelled, whether a list has it or not', () => {
    expect(spelledNamesLike(['Xanthor'], ['Qwertz'], '')[0]).toBe('Xanthor Qwertz');
  });
});

describe('the lexicon', () => {
  it.each(['yusuf', 'mei', 'fatima', 'aarav', 'raj', 'wei', 'james'])('has the first name %s', (name) => {
    expect(lexicon().firstPlaces.has(name)).toBe(true);
  });

  it.each(['nguyen', 'kovacs', 'patel', 'khan', 'garcia', 'moore', 'rossi', 'li'])(
    'has the last name %s',
    (name) => {
      expect(lexicon().lastPlaces.has(name)).toBe(true);
    },
  );
});

describe('the index of names', () => {
  const few = [['anna', 'bo'], ['li']] as const;
  const bytes = encodeIndices(computeIndices(...few), ...few);

  it('that ships is what the lists and the sounds of today give (else: npm run names:index)', () => {
    const lists = [listed('first'), listed('last')] as const;
    expect(encodeIndices(computeIndices(...lists), ...lists).equals(readFileSync(indexFile))).toBe(true);
  });

  it('comes back from its bytes', () => {
    expect(decodeIndices(bytes, ...few)).toEqual(computeIndices(...few));
  });

  it('is refused for other lists', () => {
    expect(() => decodeIndices(bytes, ['anna'], ['li'])).toThrow(/other lists .* npm run names:index/);
  });

  it.each([0, 5, 30, -4])('is refused when it was cut at %i bytes', (length) => {
    expect(() => decodeIndices(bytes.subarray(0, length), ...few)).toThrow(/damaged/);
  });
});

describe('sounds', () => {
  it.each([
    ['knight', 'nite'],
    ['phillips', 'filips'],
    ['wright', 'rite'],
    ['shaun', 'shawn'],
  ])('%s sounds as %s', (left, right) => {
    expect(soundsOf(left)).toBe(soundsOf(right));
  });

  it('are made of words in plain letters', () => {
    expect(plainWords("José O'Brien-Smith")).toEqual(['jose', 'obrien', 'smith']);
  });
});

/** Look-ups for an e-mail address at most (`slots.yaml`), without the one of what was heard. */
const furtherLookUps = 9;

describe('e-mail addresses with names in them', () => {
  it.each([
    ['emma.cotter@example.com', 'emma.carter@example.com'],
    ['yusa.frasi7301@example.com', 'yusuf.rossi7301@example.com'],
    ['olivia.benit@example.com', 'olivia.bennett@example.com'],
    ['o_livia_bennett@mail.org', undefined],
    ['janes.walker22@gmail.com', 'james.walker22@gmail.com'],
    ['jon-smyth@example.com', 'john-smith@example.com'],
    // Letters that were spelled: by letter, "rosai" is nearest to "rossi".
    ['sofia.rosai4@example.com', 'sofia.rossi4@example.com'],
  ])('%s may be %s', (heard, address) => {
    const likely = addressesLike([heard]).slice(0, furtherLookUps);
    if (address === undefined) expect(likely).toEqual([]);
    else expect(likely).toContain(address);
  });

  it('have names of an earlier try that was not found, once the caller has spelled it', () => {
    const [first] = addressesLike(['clara.terry@example.net'], ['par.perry@example.net']);
    expect(first).toBe('clara.perry@example.net');
  });

  it('are spelled alike rather than sound alike, once the caller has spelled them', () => {
    const likely = addressesLike(['ava.quuinn@example.net'], ['8@example.net']);
    expect(likely.slice(0, 3)).toContain('ada.quinn@example.net');
  });

  it('keep mark, number and domain, and never repeat what was heard', () => {
    const heard = ['maria.garsia2061@shop.example.com', 'maria.garcia2061@shop.example.com'];
    const likely = addressesLike(heard);
    expect(likely.length).toBeGreaterThan(4);
    for (const each of likely) expect(each).toMatch(/^[a-z]+\.[a-z]+2061@shop\.example\.com$/);
    expect(likely).not.toContain(heard[0]);
    expect(likely).not.toContain(heard[1]);
  });

  it.each(['', 'abc@example.com', 'no address', '王芳@example.com'])('leave %j as it is', (heard) => {
    expect(addressesLike([heard])).toEqual([]);
  });
});
