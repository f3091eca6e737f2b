import { describe, expect, it } from 'vitest';
import type { SpeechPart, SpokenKind } from '../../../src/core/speech.ts';
import { pronounce } from '../../../src/speak/pronounce.ts';

/** Wednesday, 2026-03-04, 12:00 UTC. */
const nowEpochMs = Date.UTC(2026, 2, 4, 12);

function read(text: string): string {
  return pronounce([{ type: 'text', text }], 'en', { nowEpochMs, timeZone: 'UTC' })
    .map((sentence) => sentence.spoken)
    .join(' ');
}

function readValue(kind: SpokenKind, value: string, before = '', after = '', timeZone = 'UTC'): string {
  const parts: SpeechPart[] = [
    { type: 'text', text: before },
    { type: 'value', kind, value, text: value },
    { type: 'text', text: after },
  ];
  return pronounce(parts, 'en', { nowEpochMs, timeZone })
    .map((sentence) => sentence.spoken)
    .join(' ');
}

describe('English values', () => {
  it.each<[SpokenKind, string, string]>([
    ['order_number', 'W2378156', 'W two three, seven eight, one five six'],
    ['order_number', '#W2378156', 'W two three, seven eight, one five six'],
    ['order_number', 'w12', 'W one two'],
    ['order_number', '12345', 'one two, three four five'],
    ['order_number', 'AB1234', 'eh B one two, three four'],
    ['order_number', 'ABC-123-456789', 'eh B C, one two three, four five six, seven eight nine'],
    [
      'order_number',
      '20260305123456',
      'two zero two six, zero three zero five, one two three four, five six',
    ],
    [
      'tracking_number',
      '9400110200881234',
      'nine four zero zero, one one zero two, zero zero eight eight, one two three four',
    ],
    ['tracking_number', '1Z999AA1', 'one Z nine nine, nine eh eh one'],
    ['tracking_number', 'SF 1234 56789', 'S F, one two three four, five six seven eight nine'],
    ['digits', '4242', 'four two four two'],
    ['digits', '123456', 'one two three, four five six'],
    ['digits', '00-17', 'zero zero one seven'],
    ['money', '12.50 USD', 'twelve dollars and fifty cents'],
    ['money', '1 USD', 'one dollar'],
    ['money', '1.01 USD', 'one dollar and one cent'],
    ['money', '0.99 USD', 'ninety-nine cents'],
    ['money', '0 USD', 'zero dollars'],
    ['money', '1234.00 USD', 'one thousand two hundred thirty-four dollars'],
    ['money', '$1,234.5', 'one thousand two hundred thirty-four dollars and fifty cents'],
    ['money', '-3.20 EUR', 'minus three euros and twenty cents'],
    ['money', '0.50 EUR', 'fifty euro cents'],
    ['money', '2.01 GBP', 'two pounds and one penny'],
    ['money', '0.35 GBP', 'thirty-five pence'],
    ['money', '1200 JPY', 'one thousand two hundred yen'],
    ['money', '12.50 CNY', 'twelve point five yuan'],
    ['money', '20 CAD', 'twenty Canadian dollars'],
    ['money', '5 XTS', 'five X T S'],
    ['money', 'a fortune', 'a fortune'],
    ['date', '2026-03-04', 'today'],
    ['date', '2026-03-05', 'tomorrow'],
    ['date', '2026-03-03', 'yesterday'],
    ['date', '2026-03-12', 'Thursday, March the twelfth'],
    ['date', '2026-02-22', 'Sunday, February the twenty-second'],
    ['date', '2026-09-01', 'September the first'],
    ['date', '2024-12-31', 'December the thirty-first, twenty twenty-four'],
    ['date', '2026-02-30', 'two thousand twenty-six'],
    ['time', '14:30', 'two thirty PM'],
    ['time', '09:05', 'nine oh five AM'],
    ['time', '12:00', 'noon'],
    ['time', '00:00', 'midnight'],
    ['time', '00:15', 'twelve fifteen AM'],
    ['number', '3', 'three'],
    ['number', '-2', 'minus two'],
    ['number', '12.05', 'twelve point zero five'],
    ['number', '1,000,000', 'one million'],
    ['phone', '+15551234567', 'plus one, five five five, one two three, four five six seven'],
    ['phone', '(555) 123-4567', 'five five five, one two three, four five six seven'],
    ['phone', '800-555-1234', 'eight hundred, five five five, one two three four'],
    ['phone', '+44 20 7946 0958', 'plus four four, two zero, seven nine four six, zero nine five eight'],
    ['phone', '+8613812345678', 'plus eight six, one three eight, one two three four, five six seven eight'],
    ['email', 'j_smith@gmail.com', 'J underscore smith at gmail dot com'],
    ['email', 'Mei.Davis8592@example.com', 'mei dot davis eight five nine two at example dot com'],
    ['email', 'bob-1@qq.com', 'bob dash one at Q Q dot com'],
    ['email', 'x+y@mail.co.uk', 'X plus Y at mail dot C O dot U K'],
    ['postal_code', '94107', 'nine four one zero seven'],
    ['postal_code', 'SW1A 1AA', 'S W one eh, one eh eh'],
    ['postal_code', '200030', 'two zero zero, zero three zero'],
    ['name', 'Mei Davis', 'Mei Davis'],
    ['name', 'MEI DAVIS', 'Mei Davis'],
    ['name', 'J. R. Smith', 'J R Smith'],
  ])('reads the %s %j as "%s"', (kind, value, spoken) => {
    if (value === '2026-02-30') expect(readValue(kind, value)).not.toMatch(/\d/);
    else expect(readValue(kind, value)).toBe(spoken);
  });

  it('leaves "on" out before today, tomorrow and yesterday only', () => {
    expect(readValue('date', '2026-03-05', 'It should arrive on ', '.')).toBe('It should arrive tomorrow.');
    expect(readValue('date', '2026-03-12', 'It should arrive on ', '.')).toBe(
      'It should arrive on Thursday, March the twelfth.',
    );
    expect(readValue('date', '2026-03-05', 'It should arrive by ', '.')).toBe(
      'It should arrive by tomorrow.',
    );
  });

  it('sees an instant from the time zone of the shop', () => {
    const evening = '2026-03-04T23:30:00Z';
    expect(readValue('date', evening)).toBe('today');
    expect(readValue('date', evening, '', '', 'Asia/Shanghai')).toBe('tomorrow');
    expect(readValue('date', '2026-03-05T16:30:00Z', '', '', 'UTC')).toBe('tomorrow');
    expect(readValue('date', '2026-03-05T16:30:00Z', '', '', 'Asia/Shanghai')).toBe(
      'Friday, March the sixth',
    );
    expect(readValue('time', '2026-03-05T16:30:00Z', '', '', 'America/New_York')).toBe('eleven thirty AM');
  });
});

describe('English text', () => {
  it.each([
    ['Your total is $12.50.', 'Your total is twelve dollars and fifty cents.'],
    ['That is $1.5 million.', 'That is one point five million dollars.'],
    ['It ships on March 5.', 'It ships on March the fifth.'],
    ['It ships on Mar. 5th, 2027.', 'It ships on March the fifth, twenty twenty-seven.'],
    ['It came on 4 March 2025.', 'It came on March the fourth, twenty twenty-five.'],
    ['It comes 2026-03-05.', 'It comes tomorrow.'],
    ['It comes on 2026-03-05.', 'It comes on March the fifth.'],
    ['Since 1998 and in 2005.', 'Since nineteen ninety-eight and in two thousand five.'],
    ['We are here 24/7.', 'We are here twenty-four seven.'],
    ['Open 9am-5pm.', 'Open nine AM to five PM.'],
    ['Open 09:30 - 18:00.', 'Open nine thirty AM to six PM.'],
    ['Call 1-800-555-1234.', 'Call one, eight hundred, five five five, one two three four.'],
    ['Call 555-123-4567 now.', 'Call five five five, one two three, four five six seven now.'],
    ['Order #W2378156 is here.', 'Order W two three, seven eight, one five six is here.'],
    ['You are #3 in line.', 'You are number three in line.'],
    ['Save 15% or 2.5 %.', 'Save fifteen percent or two point five percent.'],
    ['The 1st, 2nd, 3rd and 22nd.', 'The first, second, third and twenty-second.'],
    ['In 2-3 days.', 'In two to three days.'],
    ['It weighs 1 kg or 2.5 kg.', 'It weighs one kilogram or two point five kilograms.'],
    ['It is 10 x 20 cm.', 'It is ten by twenty centimeters.'],
    ['Half is 1/2.', 'Half is one half.'],
    ['Press 1, * or #.', 'Press one, star or pound.'],
    ['Salt & pepper + more.', 'Salt and pepper plus more.'],
    ['Dr. Lee met Mrs. Fox & Prof. Hu.', 'Doctor Lee met Missis Fox and Professor Hu.'],
    ['Go to 12 Oak St. or 3 Elm Dr.', 'Go to twelve Oak street or three Elm drive.'],
    ['St. Louis is far.', 'Saint Louis is far.'],
    ['No. 5 is ready.', 'number five is ready.'],
    ['Mon. to Fri., e.g. today.', 'Monday to Friday, for example today.'],
    ['See www.example.com/returns.', 'See example dot com slash returns.'],
    ['Mail help@shop.com please.', 'Mail help at shop dot com please.'],
    ['The card ending in 1234.', 'The card ending in one two three four.'],
    ['Your code is 0042.', 'Your code is zero zero four two.'],
    ['A USB cable and a 4K TV.', 'A U S B cable and a four K T V.'],
    ['Is it OK to use a PIN?', 'Is it OK to use a PIN?'],
    ['Plan A B C.', 'Plan eh B C.'],
    ['1,234 items, 10000 more.', 'one thousand two hundred thirty-four items, ten thousand more.'],
    ['It is -5 outside.', 'It is minus five outside.'],
    ['Really… yes 🙂!', 'Really. yes!'],
    ['Good news — it shipped.', 'Good news, it shipped.'],
  ])('reads %j as "%s"', (written, spoken) => {
    expect(read(written)).toBe(spoken);
  });

  it('leaves no digit and no symbol that a voice would guess at', () => {
    const spoken = read('3 of 12345678 at 5:45 pm for £9.99 = 50% @ #1 * 2 ~ 7x 8GB v2.0 <b> 100k');
    expect(spoken).not.toMatch(/[\d@#*~<>=%£]/);
  });
});
