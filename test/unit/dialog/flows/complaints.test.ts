import { describe, expect, it } from 'vitest';
import { compileFlowPack } from '../../../../src/dialog/flow-pack.ts';
import { DialogScript, shippedFiles, shippedPack, type ScriptOptions } from '../../../support/dialog-script.ts';

const pack = await shippedPack;
const open = (options: ScriptOptions = {}) => new DialogScript(pack, options);

describe('a complaint', () => {
  it('is listened to and recorded under a number that the caller can keep', () => {
    const script = open().hear('I want to file a complaint');
    expect(script.expecting).toMatchObject({ slot: 'reason', kind: 'anything' });
    script.hear('your driver threw my parcel over the fence');
    expect(script.text).toMatch(/I've recorded your complaint\. Its number is \d{8}\./);
    expect(script.notes('complaint')).toMatchObject([
      { text: 'your driver threw my parcel over the fence', number: expect.stringMatching(/^\d{8}$/) as string },
    ]);
    expect(script.hear('no').text).toContain('My colleagues will look into it.');
  });

  it('that was told already is not asked for again', () => {
    const script = open().hear(
      'I want to complain, the driver threw my parcel over the fence and then he shouted at my mother',
    );
    expect(script.text).toContain('recorded your complaint');
  });

  it('brings a callback where nobody can be reached', () => {
    const script = open().hear('I want to complain').hear('the service is bad').hear('yes');
    expect(script.text).toContain('Would you like us to call you back?');
  });

  it('has another number in another call and another complaint', () => {
    const script = open().hear('I want to complain').hear('the first thing').hear('no');
    script.hear('I want to complain about something else').hear('the second thing').hear('no');
    const [first, second] = script.notes('complaint').map(({ number }) => number);
    expect(first).not.toBe(second);
  });

  it('is recorded in Chinese', () => {
    const script = open({ language: 'zh' }).hear('我要投诉').hear('快递员态度很差');
    expect(script.text).toMatch(/您的投诉已经登记，编号是\d{8}。/);
    expect(script.hear('不用').text).toContain('我的同事会跟进处理');
  });
});

describe('the survey at the end', () => {
  const settings = shippedFiles().get('settings.yaml') ?? '';
  const asking = compileFlowPack(shippedFiles({ 'settings.yaml': settings.replace('survey: false', 'survey: true') }));
  const done = () => new DialogScript(asking, {}).hear('where is my order').hear('W2378156');

  it('is left out unless the settings want it', () => {
    expect(open().hear('where is my order').hear('W2378156').hear('no').ended).toBe('resolved');
  });

  it.each(['four', '4'])('takes "%s"', (answer) => {
    const script = done().hear('no');
    expect(script.expecting).toMatchObject({ slot: 'satisfaction', keys: { min: 1, max: 1 } });
    script.hear(answer);
    expect(script.text).toContain('Thank you for telling us.');
    expect(script.notes('survey')).toEqual([{ satisfaction: 4, language: 'en' }]);
    expect(script.ended).toBe('resolved');
  });

  it('takes a key', () => {
    expect(done().hear('no').keys('5').notes('survey')).toMatchObject([{ satisfaction: 5 }]);
  });

  it('takes no other number, and does not insist', () => {
    const script = done().hear('no').hear('nine');
    expect(script.text).toContain('from one to five');
    expect(script.hear('eleven').ended).toBe('resolved');
    expect(script.notes('survey')).toEqual([]);
  });

  it('ends well for a caller who says nothing or goodbye', () => {
    expect(done().hear('no').event('no-input').event('no-input').ended).toBe('resolved');
    expect(done().hear('no').hear('bye').ended).toBe('resolved');
  });

  it('comes after a goodbye as well, and not where nothing was done', () => {
    expect(done().hear('goodbye').expecting?.slot).toBe('satisfaction');
    expect(new DialogScript(asking, {}).hear('goodbye').ended).toBe('abandoned');
  });

  it('speaks Chinese', () => {
    const script = new DialogScript(asking, { language: 'zh' }).hear('我的订单到哪了').hear('W2378156').hear('没有了');
    expect(script.text).toContain('打个分');
    expect(script.hear('五分').notes('survey')).toMatchObject([{ satisfaction: 5, language: 'zh' }]);
  });
});

describe('a wrong number', () => {
  it('at the beginning ends the call kindly', () => {
    const script = open().hear('sorry, wrong number');
    expect(script.text).toBe('No problem at all. Goodbye!');
    expect(script.ended).toBe('abandoned');
  });

  it('in the middle of something is asked about', () => {
    const script = open().hear('where is my order').hear('sorry, wrong number');
    expect(script.text).toContain('Shall we go on?');
    expect(script.hear('yes').expecting?.slot).toBe('order_number');
  });

  it('is understood in Chinese', () => {
    expect(open({ language: 'zh' }).hear('打错了').text).toBe('没关系，再见！');
  });
});

describe('a caller who cannot hear well', () => {
  it('gets it more slowly, and all that follows', () => {
    const script = open().hear('where is my order').hear('slower please');
    expect(script.text).toBe("Of course, I'll speak more slowly. What's your order number?");
    expect(script.state.pace).toBe(0.85);
    const paces = () => script.effects.flatMap((effect) => (effect.type === 'say' ? [effect.utterance.pace] : []));
    expect(paces().slice(-2)).toEqual([0.85, 0.85]);
    script.hear('slower please').hear('slower please').hear('W2378156');
    expect(paces().at(-1)).toBe(0.7);
  });

  it('hears it again, with keys offered, when it cannot be louder', () => {
    const script = open().hear('where is my order').hear('louder please');
    expect(script.text).toContain("can't get any louder");
    expect(script.text).toContain('keys');
    expect(script.text).toContain("What's your order number?");
  });

  it('is understood in Chinese', () => {
    const script = open({ language: 'zh' }).hear('我的订单到哪了').hear('说慢一点');
    expect(script.text).toContain('好的，我说慢一点。');
    expect(script.hear('大声一点').text).toContain('音量');
  });
});
