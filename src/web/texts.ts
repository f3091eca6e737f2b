import { createContext, useContext } from 'react';
import type { Language } from '../core/language.ts';
import { peopleTexts } from './people/texts.ts';

/** Every word of the interface, both languages side by side. */
const texts = {
  testCall: { en: 'Test call', zh: '测试通话' },
  calls: { en: 'Calls', zh: '通话记录' },
  call: { en: 'Call', zh: '呼叫' },
  hangUp: { en: 'Hang up', zh: '挂断' },
  light: { en: 'Light', zh: '浅色' },
  dark: { en: 'Dark', zh: '深色' },
  theme: { en: 'Colours', zh: '配色' },
  language: { en: 'Language', zh: '语言' },
  intro: {
    en: 'Talk to Kefu through your microphone. Ask, for example: “Where is my order?” With loudspeakers, your browser removes the echo.',
    zh: '通过麦克风与客服对话。比如问：“我的订单到哪儿了？”使用扬声器时，浏览器会自动消除回声。',
  },
  englishVoice: {
    en: 'Kefu speaks English on the telephone for now.',
    zh: '目前电话语音为英语，请用英语通话；文字渠道支持中文。',
  },
  tryOrders: { en: 'Orders of the demo shop to ask about', zh: '演示商店里可以查询的订单' },
  keys: { en: 'Keys', zh: '按键' },
  key: { en: 'Key', zh: '按键' },
  microphone: { en: 'Your voice', zh: '您的声音' },
  speaker: { en: 'Kefu', zh: '客服' },
  caller: { en: 'Caller', zh: '来电者' },
  connecting: { en: 'Connecting …', zh: '正在接通……' },
  connected: { en: 'Connected', zh: '通话中' },
  ended: { en: 'Call ended', zh: '通话结束' },
  openTimeline: { en: 'Open the timeline of this call', zh: '查看本次通话的时间线' },
  waitingFor: { en: 'Kefu waits for', zh: '客服在等' },
  noMicrophone: {
    en: 'The microphone could not be opened. Allow it for this page in your browser, and check that one is plugged in.',
    zh: '无法打开麦克风。请在浏览器中允许本页面使用麦克风，并检查麦克风是否已连接。',
  },
  noServer: {
    en: 'The line was lost. Check that Kefu is running, then call again.',
    zh: '连接已断开。请确认客服系统正在运行，然后重新呼叫。',
  },
  started: { en: 'Started', zh: '开始时间' },
  duration: { en: 'Length', zh: '时长' },
  gateway: { en: 'Gateway', zh: '接入方式' },
  from: { en: 'From', zh: '主叫' },
  to: { en: 'To', zh: '被叫' },
  outcome: { en: 'Outcome', zh: '结果' },
  goingOn: { en: 'going on', zh: '进行中' },
  refresh: { en: 'Refresh', zh: '刷新' },
  olderCalls: { en: 'Older calls', zh: '更早的通话' },
  noCalls: { en: 'No calls yet. Make a test call.', zh: '还没有通话。先做一次测试通话吧。' },
  recording: { en: 'Recording', zh: '录音' },
  timeline: { en: 'Timeline', zh: '时间线' },
  conversation: { en: 'Conversation', zh: '对话' },
  allEvents: { en: 'All events', zh: '全部事件' },
  partials: { en: 'heard so far', zh: '识别过程' },
  gap: { en: 'answer after', zh: '应答间隔' },
  pause: { en: 'pause', zh: '停顿' },
  recognised: { en: 'recognised in', zh: '识别用时' },
  understood: { en: 'understood in', zh: '理解用时' },
  outOfScope: { en: 'out of scope', zh: '超出范围' },
  cut: { en: 'stopped here', zh: '说到这里被打断' },
  notHeard: { en: 'not heard', zh: '未播出' },
  interrupted: { en: 'caller interrupted', zh: '来电者打断' },
  notInterrupted: { en: 'no interruption, went on', zh: '并非打断，继续播放' },
  noInput: { en: 'silence', zh: '没有回应' },
  shop: { en: 'Shop', zh: '商店' },
  keyed: { en: 'keyed', zh: '按键输入' },
  transfer: { en: 'Handed over to', zh: '转接到' },
  queue: { en: 'Queue', zh: '排队' },
  error: { en: 'Error', zh: '错误' },
  medianGap: { en: 'Median answer after', zh: '应答间隔中位数' },
  loadFailed: { en: 'This could not be loaded', zh: '无法加载' },
  tokenNeeded: {
    en: 'This server asks for its API token (KEFU_API_TOKEN).',
    zh: '此服务器需要 API 令牌（KEFU_API_TOKEN）。',
  },
  token: { en: 'API token', zh: 'API 令牌' },
  ok: { en: 'OK', zh: '确定' },
  notFound: { en: 'There is no such page.', zh: '没有这个页面。' },
  ...peopleTexts,
} as const satisfies Record<string, Record<Language, string>>;

export type TextKey = keyof typeof texts;

export const LanguageContext = createContext<Language>('en');

/** The interface's words in the chosen language. */
export function useTexts(): (key: TextKey) => string {
  const language = useContext(LanguageContext);
  return (key) => texts[key][language];
}

/** Codes of the record that people read. */
const codeNames = {
  queue: {
    asked: { en: 'asked for a person', zh: '请求人工' },
    place: { en: 'place in line', zh: '排队位置' },
    refused: { en: 'nobody could be reached', zh: '无法接入' },
    left: { en: 'no longer wanted', zh: '不再需要人工' },
    callback: { en: 'will be called back', zh: '改为回电' },
    answered: { en: 'answered', zh: '已接听' },
    on: { en: 'handed on', zh: '再次转接' },
    broken: { en: 'lost, waits at the front', zh: '中断，优先排队' },
    released: { en: 'back with Kefu', zh: '转回智能客服' },
  },
  person: {
    joined: { en: 'joined', zh: '加入通话' },
    left: { en: 'left', zh: '离开通话' },
    lost: { en: 'was lost', zh: '掉线' },
    mode: { en: 'listens or speaks differently', zh: '切换监听方式' },
    hold: { en: 'put the caller on hold', zh: '保持通话' },
    resumed: { en: 'is back', zh: '恢复通话' },
  },
  outcome: {
    resolved: { en: 'resolved', zh: '已解决' },
    transferred: { en: 'transferred', zh: '已转人工' },
    callback: { en: 'callback promised', zh: '已约回电' },
    abandoned: { en: 'abandoned', zh: '未完成' },
    interrupted: { en: 'interrupted', zh: '中断' },
    failed: { en: 'failed', zh: '故障' },
    'too-long': { en: 'too long', zh: '超过时长' },
  },
  reason: {
    'caller-hung-up': { en: 'the caller hung up', zh: '来电者挂断' },
    'we-hung-up': { en: 'Kefu hung up', zh: '客服挂断' },
    transferred: { en: 'handed over', zh: '已转接' },
    'gateway-lost': { en: 'the line was lost', zh: '线路中断' },
    'protocol-error': { en: 'the caller’s device broke the protocol', zh: '对端违反协议' },
    'media-timeout': { en: 'nothing came from the caller any more', zh: '长时间没有收到声音' },
  },
} as const satisfies Record<string, Record<string, Record<Language, string>>>;

/** Names of codes in the chosen language; a code that is not known, such as an outcome of a shop's own flow, stays as it is. */
export function useCodeNames(): (kind: keyof typeof codeNames, code: string) => string {
  const language = useContext(LanguageContext);
  return (kind, code) => {
    const names: Readonly<Record<string, Record<Language, string>>> = codeNames[kind];
    return names[code]?.[language] ?? code;
  };
}
