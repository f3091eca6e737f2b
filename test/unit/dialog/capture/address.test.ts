import { describe, expect, it } from 'vitest';
import { captureAddress, missingPart, partsOf } from '../../../../src/dialog/capture/address.ts';
import { stateOfPostalCode } from '../../../../src/dialog/capture/us-states.ts';

function capture(text: string, known: Record<string, string> = {}, language: 'en' | 'zh' = 'en') {
  const partial = Object.keys(known).length === 0 ? '' : JSON.stringify(known);
  const part = partial === '' ? undefined : missingPart(known);
  const captured = captureAddress(
    { text, alternatives: [], language, partial, plausible: [], rejected: [] },
    part,
  );
  return captured.type === 'none' ? undefined : { type: captured.type, parts: partsOf(captured.value) };
}

const denver = { line1: '15 Oak Street', city: 'Denver', state: 'CO', country: 'US', postalCode: '80202' };

describe('an address', () => {
  it.each([
    [
      '1234 Maple Street Apartment 5 Denver Colorado 80202',
      { line1: '1234 Maple Street', line2: 'Apartment 5', city: 'Denver', state: 'CO', postalCode: '80202' },
    ],
    [
      'twelve thirty four maple street, apartment five, denver, colorado, eight oh two oh two',
      { line1: '1234 Maple Street', line2: 'Apartment 5', city: 'Denver', state: 'CO', postalCode: '80202' },
    ],
    [
      'my address is two fourteen Maple Street, New York, New York, one zero zero one one',
      { line1: '214 Maple Street', city: 'New York', state: 'NY', postalCode: '10011' },
    ],
    [
      'please send it to 445 Maple Drive, Suite 394, Fort Worth, TX, 76165',
      { line1: '445 Maple Drive', line2: 'Suite 394', city: 'Fort Worth', state: 'TX', postalCode: '76165' },
    ],
    [
      '101 Highway, New York, 10001, USA',
      { line1: '101 Highway', city: 'New York', state: 'NY', postalCode: '10001' },
    ],
    [
      'P.O. Box 12, Austin, Texas 78701',
      { line1: 'P.O. Box 12', city: 'Austin', state: 'TX', postalCode: '78701' },
    ],
    [
      '1600 Pennsylvania Avenue Northwest Washington DC 20500',
      { line1: '1600 Pennsylvania Avenue Northwest', city: 'Washington', state: 'DC', postalCode: '20500' },
    ],
  ])('is read from "%s"', (text, parts) => {
    expect(capture(text)).toEqual({ type: 'value', parts: { ...parts, country: 'US' } });
  });

  it('comes in parts, and the postal code tells the state', () => {
    const street = capture('15 Oak Street');
    expect(street).toEqual({ type: 'partial', parts: { line1: '15 Oak Street', country: 'US' } });
    const city = capture('Denver', { line1: '15 Oak Street', country: 'US' });
    expect(city?.parts.city).toBe('Denver');
    expect(capture('eight oh two oh two', { line1: '15 Oak Street', city: 'Denver', country: 'US' })).toEqual(
      { type: 'value', parts: denver },
    );
  });

  it.each([
    ['the zip code is 80203', { postalCode: '80203' }],
    ['no, the street is 50 Oak Street', { line1: '50 Oak Street' }],
    ['apartment 7', { line2: 'Apartment 7' }],
  ])('is corrected in one part by "%s"', (text, change) => {
    expect(capture(text, denver)).toEqual({ type: 'value', parts: { ...denver, ...change } });
  });

  it('forgets the part that is called wrong', () => {
    expect(capture('the street is wrong', denver)?.parts.line1).toBeUndefined();
    expect(
      capture('邮编不对', { line1: '建设路16号', city: '北京市', country: 'CN', postalCode: '1' }, 'zh')
        ?.type,
    ).toBe('partial');
  });

  it('of another place has no apartment of the old one', () => {
    const known = { ...denver, line2: 'Apt 5' };
    expect(capture('7 Elm Road, Boston, Massachusetts 02108', known)?.parts.line2).toBeUndefined();
    expect(capture('50 Oak Street', known)?.parts.line2).toBe('Apt 5');
  });

  it.each(['I want to talk to a person', 'cancel my order', 'what?', 'yes', 'W2378156', ''])(
    'is not read from "%s"',
    (text) => {
      expect(capture(text)).toBeUndefined();
    },
  );

  it.each([
    [
      '上海市静安区中山路88号3栋502室，邮编200040',
      { state: '上海市', city: '上海市', line1: '静安区中山路88号', line2: '3栋502室', postalCode: '200040' },
    ],
    [
      '广东省深圳市南山区科技园路五号二栋一零一室，邮编五一八零零零',
      {
        state: '广东省',
        city: '深圳市',
        line1: '南山区科技园路5号',
        line2: '2栋101室',
        postalCode: '518000',
      },
    ],
  ])('is read from %s', (text, parts) => {
    expect(capture(text, {}, 'zh')).toEqual({ type: 'value', parts: { ...parts, country: 'CN' } });
  });

  it('in China comes in parts too, and needs no state', () => {
    const known = { line1: '建设路16号', city: '北京市', country: 'CN' };
    expect(missingPart(known)).toBe('postalCode');
    expect(capture('一零零零二五', known, 'zh')).toMatchObject({
      type: 'value',
      parts: { postalCode: '100025' },
    });
    expect(capture('我要转人工', {}, 'zh')).toBeUndefined();
  });
});

describe('the state of a postal code', () => {
  it.each([
    ['10011', 'NY'],
    ['60614', 'IL'],
    ['98103', 'WA'],
    ['80202', 'CO'],
    ['02108', 'MA'],
    ['99501', 'AK'],
    ['100025', undefined],
    ['abc', undefined],
  ])('%s lies in %s', (postalCode, state) => {
    expect(stateOfPostalCode(postalCode)).toBe(state);
  });
});
