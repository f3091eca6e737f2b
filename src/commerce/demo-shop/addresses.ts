import type { Address } from '../../core/commerce.ts';
import { problem } from '../problems.ts';
import { fold } from './matching.ts';

/** American states by the first digit of their postal codes, as the postal service gives them out. */
const statesByDigit = [
  'CT MA ME NH NJ PR RI VT',
  'DE NY PA',
  'DC MD NC SC VA WV',
  'AL FL GA MS TN',
  'IN KY MI OH',
  'IA MN MT ND SD WI',
  'IL KS MO NE',
  'AR LA OK TX',
  'AZ CO ID NM NV UT WY',
  'AK CA HI OR WA',
].map((states) => states.split(' '));

// prettier-ignore
const stateNames: Readonly<Record<string, string>> = {
  alabama: 'AL', alaska: 'AK', arizona: 'AZ', arkansas: 'AR', california: 'CA', colorado: 'CO', connecticut: 'CT', delaware: 'DE',
  districtofcolumbia: 'DC', florida: 'FL', georgia: 'GA', hawaii: 'HI', idaho: 'ID', illinois: 'IL', indiana: 'IN', iowa: 'IA',
  kansas: 'KS', kentucky: 'KY', louisiana: 'LA', maine: 'ME', maryland: 'MD', massachusetts: 'MA', michigan: 'MI',
  minnesota: 'MN', mississippi: 'MS', missouri: 'MO', montana: 'MT', nebraska: 'NE', nevada: 'NV', newhampshire: 'NH',
  newjersey: 'NJ', newmexico: 'NM', newyork: 'NY', northcarolina: 'NC', northdakota: 'ND', ohio: 'OH', oklahoma: 'OK',
  oregon: 'OR', pennsylvania: 'PA', puertorico: 'PR', rhodeisland: 'RI', southcarolina: 'SC', southdakota: 'SD',
  tennessee: 'TN', texas: 'TX', utah: 'UT', vermont: 'VT', virginia: 'VA', washington: 'WA', westvirginia: 'WV',
  wisconsin: 'WI', wyoming: 'WY',
};

const countries: Readonly<Record<string, 'US' | 'CN'>> = {
  us: 'US',
  usa: 'US',
  unitedstates: 'US',
  unitedstatesofamerica: 'US',
  cn: 'CN',
  chn: 'CN',
  china: 'CN',
  中国: 'CN',
};

/**
 * The address as the shop keeps it: trimmed, country and American state as two letters.
 * @throws ShopProblem `invalid_address` when a part is missing, the shop does not deliver to the country, or the postal code does not
 * belong to the country or (by its first digit) to the state.
 */
export function checkAddress(given: Address): Address {
  const address = {
    ...given,
    line1: given.line1.trim(),
    city: given.city.trim(),
    postalCode: given.postalCode.trim(),
  };
  if (fold(address.line1) === '' || fold(address.city) === '') {
    throw problem('invalid_address', 'street and city must not be empty');
  }
  const country = countries[fold(given.country)];
  if (country === 'US')
    return { ...address, country, state: checkStateUs(given.state ?? '', address.postalCode) };
  if (country !== 'CN') throw problem('invalid_address', 'the shop delivers to the US and to China only');
  if (!/^\d{6}$/.test(address.postalCode))
    throw problem('invalid_address', 'a Chinese postal code has six digits');
  return { ...address, country };
}

function checkStateUs(given: string, postalCode: string): string {
  const state = stateNames[fold(given)] ?? given.trim().toUpperCase();
  if (!statesByDigit.some((states) => states.includes(state))) {
    throw problem('invalid_address', 'the state is not one of the United States');
  }
  if (!/^\d{5}(-?\d{4})?$/.test(postalCode))
    throw problem('invalid_address', 'a postal code of the US has five digits');
  if (!statesByDigit[Number(postalCode[0])]?.includes(state)) {
    throw problem('invalid_address', 'the postal code does not belong to the state');
  }
  return state;
}
