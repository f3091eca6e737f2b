import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CallEvent } from '../../src/core/events.ts';
import type { Language } from '../../src/core/language.ts';
import { createCallerVoice, type CallerVoice } from '../../tools/lib/caller-voice.ts';
import { createTranscriber, type Transcriber } from '../../tools/lib/transcriber.ts';
import { testModelStore } from '../support/models.ts';
import {
  complaints,
  endedCall,
  eventually,
  listCalls,
  startKefu,
  type KefuInProcess,
} from '../support/running-kefu.ts';
import { playScenario } from '../support/scenario-player.ts';
import { problemsOf, scenarioSchema } from '../support/spoken-scenario.ts';
import { TextCaller, type TypedAnswer } from '../support/text-caller.ts';

let kefu: KefuInProcess;
let voice: CallerVoice;
let transcriber: Transcriber;
let calls = 0;

beforeAll(async () => {
  kefu = await startKefu({ KEFU_TRANSFER_TARGET: '+15550007777' });
  [voice, transcriber] = await Promise.all([
    createCallerVoice(testModelStore()),
    createTranscriber(testModelStore()),
  ]);
});
afterAll(async () => {
  await Promise.all([voice.close(), transcriber.close()]);
  await kefu.close();
  expect(complaints(kefu.log)).toEqual([]);
});

interface Conversation {
  /** Kefu's answers; the first belongs to the first line. */
  readonly answers: readonly TypedAnswer[];
  readonly last: TypedAnswer | undefined;
  readonly events: readonly CallEvent[];
  /** What rules did, as the call's record tells it. */
  readonly rules: readonly Record<string, unknown>[];
  readonly moods: readonly unknown[];
}

/** Types these lines, as far as Kefu still listens, and reads the call's record. */
async function converse(
  lines: readonly string[],
  {
    language = 'en',
    from = `+1555010${String(1000 + (calls += 1))}`,
  }: { language?: Language; from?: string } = {},
): Promise<Conversation> {
  const { caller } = await TextCaller.start(kefu.url, { from, language });
  const answers: TypedAnswer[] = [];
  for (const line of lines) {
    if (answers.at(-1)?.outcome !== undefined) break;
    answers.push(await caller.say(line));
  }
  if (answers.at(-1)?.outcome === undefined) await caller.leave();
  const call = await eventually(
    async () => (await listCalls(kefu)).find((each) => each.from === from),
    `a call of ${from}`,
  );
  const { events } = await endedCall(kefu, call.callId);
  const notes = (name: string) =>
    events.flatMap(({ body }) => (body.type === 'note' && body.name === name ? [body.data] : []));
  return {
    answers,
    last: answers.at(-1),
    events,
    rules: notes('escalation'),
    moods: notes('emotion').map((data) => (data.emotion as { label: string } | null)?.label),
  };
}

describe('an angry caller', () => {
  it('hears an apology and short questions first, and gets a person when it goes on', async () => {
    const { answers, rules, last, events } = await converse([
      'This is ridiculous, where the hell is my order? I have been waiting three weeks!',
      'W2378156',
      'You people are useless, I am sick of this, sort it out now!',
    ]);
    expect(answers[0]?.words).toMatch(/^I'm sorry about the trouble\. /);
    expect(answers[1]?.words).not.toContain('sorry');
    expect(rules).toMatchObject([
      { rule: 'very-angry', do: 'transfer', reason: 'angry', skill: 'complaints' },
    ]);
    expect(last).toMatchObject({ outcome: 'transferred', transfer: { skill: 'complaints' } });
    expect(last?.transfer?.briefing).toMatchObject({ reason: 'angry', mood: 'angry' });
    expect(last?.transfer?.briefing.summary).toMatch(/the caller is angry \("You people are useless/);
    expect(events.find(({ body }) => body.type === 'transfer')?.body).toMatchObject({
      briefing: { reason: 'angry' },
    });
  });

  it('who gets angry in cold and polite words hears an apology, then the offer of a person, and is helped without one', async () => {
    const { answers, rules, moods } = await converse([
      'Where is my order?',
      'I must say I am rather disappointed, to put it politely.',
      'I have been patient for weeks, and all I get from your company are empty promises.',
      'No.',
    ]);
    expect(answers[1]?.words).toMatch(/^I'm sorry /);
    expect(answers[2]?.words).toBe("I'm sorry about this. Shall I get you a colleague?");
    expect(answers[3]?.words).toMatch(/^Then I'll do my best\. /);
    expect(answers[3]?.words.match(/\?/g)?.length ?? 0).toBeLessThanOrEqual(1);
    expect(rules).toMatchObject([{ rule: 'angry', do: 'offer' }]);
    // A plain "no" is no calm turn.
    expect(moods).toEqual(['neutral', 'upset', 'angry', 'angry']);
  });

  it('who stays cold and polite and is clearly angry a second time is connected at once', async () => {
    const { answers, rules } = await converse([
      'Where is my order?',
      'I would like it noted that this is the fourth time I am calling about the same parcel, and that I no longer believe a word you say.',
      'I have been patient for weeks, and all I get from your company are empty promises.',
    ]);
    expect(answers[1]?.words).toMatch(/^I'm sorry about the trouble\. /);
    expect(answers[2]?.words).toMatch(/^I'm connecting you with a colleague/);
    expect(rules).toMatchObject([{ rule: 'very-angry', do: 'transfer' }]);
  });

  it('is understood in Chinese, and connected after a yes', async () => {
    const { answers, rules, last } = await converse(
      ['我的快递呢', '你们太过分了，欺骗消费者，我要投诉你们', '好的'],
      { language: 'zh' },
    );
    expect(answers[1]?.words).toContain('要不要我为您转接同事');
    expect(rules).toMatchObject([{ do: 'offer', reason: 'angry' }]);
    expect(last?.transfer?.briefing.summary).toContain('客户情绪激动（“你们太过分了');
  });

  it('who asks for a person is not asked whether one is wanted', async () => {
    const { rules, last } = await converse(['Get me a fucking human now']);
    expect(last).toMatchObject({ outcome: 'transferred' });
    expect(rules).toMatchObject([{ rule: 'angry', do: 'transfer', reason: 'angry' }]);
  });
});

describe('words of law and danger', () => {
  it('bring a person at once when somebody may be hurt', async () => {
    const english = await converse(['The toaster I bought from you caught fire last night.']);
    expect(english.last?.transfer?.briefing).toMatchObject({ reason: 'safety' });
    expect(english.last?.transfer?.briefing.summary).toContain('caught fire last night');
    const chinese = await converse(['你好，我买的充电宝昨天冒烟了'], { language: 'zh' });
    expect(chinese.rules).toMatchObject([{ rule: 'danger', do: 'transfer' }]);
    expect(chinese.last?.transfer?.briefing.summary).toContain('充电宝昨天冒烟');
  });

  it('bring an offer when lawyers are named, and the question comes back after a no', async () => {
    const { answers, rules } = await converse(['Where is my order?', "I'll call the police", 'no']);
    expect(answers[1]?.words).toMatch(/colleague/);
    expect(rules).toMatchObject([{ rule: 'law', do: 'offer', reason: 'law' }]);
    expect(answers[2]?.expecting).toMatchObject({ slot: 'order_number' });
  });

  it.each([
    ['en', "I'm in hospital for two weeks, could the parcel go to my daughter instead?"],
    ['en', 'Hi, my name is Sue Miller, I live at 12 Green Court. Where is my order?'],
    ['en', 'Do you have smoke alarms that work together?'],
    ['zh', '能不能帮我把地址改成人民医院住院部'],
    ['zh', '里面有没有花生，我孩子过敏'],
  ] as const)('are not found in everyday words (%s: %s)', async (language, text) => {
    const { rules, last } = await converse([text], { language });
    expect(rules).toEqual([]);
    expect(last?.transfer).toBeUndefined();
  });
});

describe('what is complicated', () => {
  it('brings an offer to an upset caller with much money at stake', async () => {
    const { rules } = await converse(
      ['I am so worried and upset, where is my order W8043847?', 'yes', 'I really cannot sleep over this'],
      { from: '+12145550113' },
    );
    expect(rules.at(-1)).toMatchObject({ rule: 'large-amount', do: 'offer', reason: 'amount' });
  });

  it('brings an offer when Kefu has failed to understand again and again', async () => {
    const { rules } = await converse([
      'flurb the wumbo',
      'where is my order',
      'blib blob',
      'W2378156',
      'zork the bork',
      'where is my order',
      'yes',
      'gronk gronk',
      'glimp the glomp',
    ]);
    expect(rules).toMatchObject([{ rule: 'misunderstood', do: 'offer', reason: 'too-many-tries' }]);
  });
});

describe('callers who are not angry', () => {
  it.each([
    ['en', ['Hi, could you tell me where my order is?', 'W2378156', "No, that's all, thanks."]],
    ['zh', ['你好，我想查一下我的订单', 'W2378156', '没有了，谢谢']],
    ['en', ['Holy shit, that arrived damn fast, I love it!', 'where is my other order', 'W2378156']],
    ['zh', ['卧槽，你们发货也太快了吧，太牛逼了', '帮我查一下另一个订单', 'W2378156']],
  ] as const)('are never offered a person, whatever they swear (%s)', async (language, lines) => {
    const { rules, answers } = await converse(lines, { language });
    expect(rules).toEqual([]);
    expect(answers.map(({ words }) => words).join(' ')).not.toMatch(
      /colleague|同事|I'm sorry about|抱歉让您/,
    );
  });

  it('but upset hear an apology once and then what they asked for', async () => {
    const { answers, rules } = await converse([
      "I'm really disappointed, it was my daughter's birthday present. Where is my order?",
      'W2378156',
      'Why did nobody tell me? I was so sad for her.',
    ]);
    const words = answers.map((answer) => answer.words).join(' ');
    expect(words.match(/I'm sorry (to hear that|about this)/g)).toHaveLength(1);
    expect(rules.filter((rule) => rule.do === 'transfer')).toEqual([]);
  });
});

describe('by voice', () => {
  const scenarios = [
    {
      scenario: 'An angry caller is offered a person, and takes the offer.',
      people: 'answer',
      turns: [
        {
          say: 'You are liars, all of you. This is an absolute disgrace.',
          kefu: ['colleague'],
          expecting: 'confirm',
        },
        { say: 'Yes, please.', kefu: ['connecting you'] },
      ],
      expect: {
        outcome: 'transferred',
        endedBy: 'kefu',
        transfers: ['+15550007777'],
        notes: { escalation: { rule: 'angry', do: 'offer', reason: 'angry' } },
      },
    },
    {
      scenario: 'Fire is no matter for a machine.',
      people: 'answer',
      turns: [{ say: 'The heater that you sent me caught fire.', kefu: ['connecting you'] }],
      expect: {
        outcome: 'transferred',
        endedBy: 'kefu',
        transfers: ['+15550007777'],
        notes: { escalation: { rule: 'danger', do: 'transfer', reason: 'safety' } },
      },
    },
    {
      scenario: 'A calm caller gets the answer and nobody else.',
      people: 'answer',
      turns: [
        {
          say: 'Hello, where is my order, please?',
          notKefu: ['colleague', 'sorry'],
          expecting: 'order_number',
        },
        { keys: '4410273#', kefu: ['not been shipped yet'], notKefu: ['colleague', 'sorry'] },
      ],
      expect: { outcome: 'resolved', endedBy: 'caller' },
    },
  ].map((scenario) => scenarioSchema.parse(scenario));

  it.concurrent.for(scenarios.map((scenario) => [scenario.scenario, scenario] as const))(
    '%s',
    async ([, scenario]) => {
      const played = await playScenario(scenario, { url: kefu.url, voice, transcriber });
      expect(problemsOf(scenario, played), played.transcript).toEqual([]);
    },
  );
});
