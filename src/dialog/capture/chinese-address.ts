import { spelledToCharacters } from '../../core/spelling.ts';
import type { AddressPartName, AddressParts } from './address.ts';
import { chineseNumber } from './words.ts';

const municipalities = /^(北京|上海|天津|重庆)(?:市)?/u;
const province = /^([\p{Script=Han}]{2,7}?(?:省|自治区))|^(广西|内蒙古|宁夏|新疆|西藏)/u;
const city = /^([\p{Script=Han}]{2,9}?(?:市|自治州|地区|盟))/u;
const fillers = /^(?:[，,。\s]|嗯|呃|那个|好的?|不是|不对|不|是|请|对)+/u;
const leadIn =
  /^(?:(?:我的|新的?|收货|正确的)*(?:地址|街道|城市|门牌号?)(?:应该)?(?:是|在|为)?|(?:请)?(?:寄|送|发)(?:到|去|往)|我(?:住|在)(?:在)?|改成|换成|应该是)[，,：:\s]*/u;
const numbered = /([零〇一二两三四五六七八九十百千\d]+)(?=号|栋|幢|楼|室|单元|弄|层|座|巷|组|村\d)/gu;
const unit =
  /[，,\s]*((?:[A-Za-z\d]+(?:栋|幢|座|号楼))?(?:[A-Za-z\d]+单元)?(?:[A-Za-z\d]+(?:层|楼))?[A-Za-z\d]+(?:室|房|户)?|[A-Za-z\d]+(?:栋|幢|座|号楼))$/u;

/** Reads 上海市静安区中山路88号3栋502室，邮编200040: province and city, street and number, house and room, postal code. */
export function readChineseAddress(text: string, part: AddressPartName | undefined): AddressParts {
  const parts: { -readonly [Name in keyof AddressParts]: AddressParts[Name] } = {};
  const code = codeIn(text, part);
  let rest = (code === undefined ? text : text.slice(0, code.start)).replace(/(?:邮编|邮政编码).*$/u, '');
  if (code) parts.postalCode = code.value;
  rest = rest
    .replace(fillers, '')
    .replace(leadIn, '')
    .replace(/[。！!]|(?:谢谢|就行|可以)$/gu, '')
    .replace(/(?:中国)/u, '')
    .trim();
  rest = rest.replace(numbered, (found) => String(chineseNumber(found) ?? found));
  const capital = municipalities.exec(rest);
  if (capital) {
    parts.state = `${capital[1] ?? ''}市`;
    parts.city = parts.state;
    rest = rest.slice(capital[0].length).replace(municipalities, '');
  } else {
    const region = province.exec(rest);
    if (region) {
      parts.state = region[1] ?? region[2] ?? '';
      rest = rest.slice(region[0].length);
    }
    const town = city.exec(rest);
    if (town) {
      parts.city = town[1] ?? '';
      rest = rest.slice(town[0].length);
    } else if (part === 'city' && /^[\p{Script=Han}]{2,8}$/u.test(rest)) {
      parts.city = rest;
      rest = '';
    }
  }
  rest = rest.replace(/^[，,\s]+|[，,\s]+$/gu, '');
  const isStreet = /[路街道巷弄村镇里]|\d+号/u.test(rest) && /\d/.test(rest);
  if (isStreet || (part === 'line1' && /\d/.test(rest))) {
    const room = rest.includes('号') ? unit.exec(rest.slice(rest.indexOf('号') + 1)) : null;
    const line1 = room ? rest.slice(0, rest.length - room[0].length) : rest;
    parts.line1 = line1.replace(/[，,\s]+/gu, '');
    if (room?.[1]) parts.line2 = room[1];
  }
  return Object.keys(parts).length > 0 ? { ...parts, country: 'CN' } : parts;
}

/** The six digits of a postal code: after the word for it, at the end, or as the whole answer. */
function codeIn(
  text: string,
  part: AddressPartName | undefined,
): { readonly value: string; readonly start: number } | undefined {
  const cue = /(?:邮编|邮政编码)(?:是|为)?[，,：:\s]*/u.exec(text);
  const start = cue ? cue.index : part === 'postalCode' ? 0 : undefined;
  if (start !== undefined) {
    const digits = spelledToCharacters(text.slice(cue ? cue.index + cue[0].length : 0), 'zh').text;
    return /^\d{6}$/.test(digits) ? { value: digits, start } : undefined;
  }
  const tail = /(?<!\d)(\d{6})\D*$/.exec(text);
  return tail ? { value: tail[1] ?? '', start: tail.index } : undefined;
}
