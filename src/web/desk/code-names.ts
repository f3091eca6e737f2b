import { useContext } from 'react';
import type { Language } from '../../core/language.ts';
import { LanguageContext } from '../texts.ts';

/** Codes that people read on a desk, both languages side by side. */
const codeNames = {
  state: {
    offline: { en: 'Offline', zh: '离线' },
    available: { en: 'Available', zh: '空闲' },
    ringing: { en: 'Ringing', zh: '振铃中' },
    talking: { en: 'In conversation', zh: '通话中' },
    'after-call': { en: 'After-call work', zh: '话后处理' },
    break: { en: 'Break', zh: '小休' },
  },
  breakReason: {
    lunch: { en: 'lunch', zh: '午餐' },
    short: { en: 'short break', zh: '短暂休息' },
    meeting: { en: 'meeting', zh: '会议' },
    training: { en: 'training', zh: '培训' },
    'no-answer': { en: 'did not answer', zh: '未接听' },
  },
  phase: {
    kefu: { en: 'Kefu', zh: '机器人' },
    waiting: { en: 'Waiting', zh: '排队中' },
    person: { en: 'Person', zh: '人工' },
    ended: { en: 'Ended', zh: '已结束' },
  },
  mood: {
    angry: { en: 'angry', zh: '愤怒' },
    upset: { en: 'upset', zh: '不满' },
    neutral: { en: 'calm', zh: '平静' },
    pleased: { en: 'pleased', zh: '满意' },
  },
  cause: {
    words: { en: 'words', zh: '用词' },
    voice: { en: 'voice', zh: '语气' },
    interrupted: { en: 'interrupted Kefu', zh: '打断了客服' },
    repeated: { en: 'repeated it', zh: '重复了一遍' },
    'asked-for-person': { en: 'asked for a person', zh: '要求人工' },
    'after-failure': { en: 'after something failed', zh: '在一次失败之后' },
    louder: { en: 'louder', zh: '提高了音量' },
  },
  reason: {
    'asked-for-person': { en: 'the caller asked for a person', zh: '来电者要求人工' },
    'shop-unavailable': { en: 'the shop’s system did not answer', zh: '商店系统没有响应' },
    'too-many-tries': { en: 'it was not understood several times', zh: '多次未能理解' },
    'needs-person': { en: 'only a person can do it', zh: '只能由人工处理' },
    'not-found': { en: 'the order was not found', zh: '没有找到订单' },
    angry: { en: 'the caller is angry', zh: '来电者很愤怒' },
    upset: { en: 'the caller is upset', zh: '来电者不满' },
    complaint: { en: 'a complaint', zh: '投诉' },
    safety: { en: 'safety', zh: '安全问题' },
    law: { en: 'a lawyer or court was named', zh: '提到律师或法院' },
    amount: { en: 'a high amount', zh: '金额较大' },
    complex: { en: 'it is complicated', zh: '情况复杂' },
    payment: { en: 'payment', zh: '付款' },
    delivery: { en: 'delivery', zh: '配送' },
    refund: { en: 'refund', zh: '退款' },
    invoice: { en: 'invoice', zh: '发票' },
    account: { en: 'account data', zh: '账户资料' },
    'asr-failed': { en: 'Kefu could not hear', zh: '语音识别故障' },
    'tts-failed': { en: 'Kefu could not speak', zh: '语音合成故障' },
  },
  verified: {
    'one-time code': { en: 'one-time code', zh: '一次性验证码' },
    'calling number': { en: 'calling number', zh: '来电号码' },
    'order number': { en: 'order number', zh: '订单号' },
    'calling number and order number': { en: 'calling number and order number', zh: '来电号码与订单号' },
    'e-mail address': { en: 'e-mail address', zh: '邮箱地址' },
    'name and postal code': { en: 'name and postal code', zh: '姓名与邮编' },
  },
  slot: {
    order_number: { en: 'order number', zh: '订单号' },
    email: { en: 'e-mail', zh: '邮箱' },
    full_name: { en: 'name', zh: '姓名' },
    first_name: { en: 'first name', zh: '名' },
    last_name: { en: 'last name', zh: '姓' },
    postal_code: { en: 'postal code', zh: '邮编' },
    phone: { en: 'telephone', zh: '电话' },
    order_choice: { en: 'order', zh: '订单' },
    item_choice: { en: 'item', zh: '商品' },
    item_option: { en: 'variant', zh: '规格' },
    payment_method: { en: 'payment method', zh: '付款方式' },
    quantity: { en: 'quantity', zh: '数量' },
    refund_destination: { en: 'refund to', zh: '退款到' },
    resolution: { en: 'wish', zh: '处理方式' },
    date: { en: 'date', zh: '日期' },
    address: { en: 'address', zh: '地址' },
    reason: { en: 'reason', zh: '原因' },
    product_name: { en: 'product', zh: '产品' },
    invoice_title: { en: 'invoice title', zh: '发票抬头' },
    tax_number: { en: 'tax number', zh: '税号' },
  },
  channel: {
    voice: { en: 'Call', zh: '电话' },
    text: { en: 'Text', zh: '文字' },
    callback: { en: 'Callback', zh: '回电' },
  },
  language: { en: { en: 'English', zh: '英语' }, zh: { en: 'Chinese', zh: '中文' } },
  order: {
    pending: { en: 'pending', zh: '待处理' },
    processed: { en: 'being packed', zh: '备货中' },
    shipped: { en: 'shipped', zh: '已发货' },
    delivered: { en: 'delivered', zh: '已送达' },
    cancelled: { en: 'cancelled', zh: '已取消' },
  },
  ended: {
    'caller-left': { en: 'The caller hung up.', zh: '来电者已挂断。' },
    finished: { en: 'The conversation is over.', zh: '对话已结束。' },
    transferred: { en: 'The caller was transferred.', zh: '来电者已转接。' },
    'taken-over': { en: 'Somebody took the caller over.', zh: '来电者已被他人接管。' },
    lost: { en: 'The conversation was lost while you were disconnected.', zh: '断线期间对话已中断。' },
  },
  wrapUp: {
    resolved: { en: 'resolved', zh: '已解决' },
    'follow-up': { en: 'needs follow-up', zh: '需要跟进' },
    complaint: { en: 'complaint', zh: '投诉' },
    'wrong-number': { en: 'wrong number', zh: '打错了' },
    order: { en: 'order', zh: '订单' },
    return: { en: 'return', zh: '退货' },
    payment: { en: 'payment', zh: '付款' },
    delivery: { en: 'delivery', zh: '配送' },
    other: { en: 'other', zh: '其他' },
  },
  problem: {
    outside_hours: {
      en: 'It is outside your working hours. Choose “Work anyway” if you mean it.',
      zh: '现在不在您的工作时间内。如确需工作，请点击“仍要工作”。',
    },
    'desk-line-lost': {
      en: 'Kefu cannot be reached right now; this was not carried out. Try again in a moment.',
      zh: '暂时无法连接客服系统，操作未执行。请稍后重试。',
    },
    'no-microphone': {
      en: 'The microphone could not be opened, so nobody hears you. Allow it for this page, check that one is plugged in, then open “Sound”.',
      zh: '无法打开麦克风，对方听不到您。请允许本页面使用麦克风并检查连接，然后打开“声音设备”。',
    },
    'no-loudspeaker': {
      en: 'The loudspeaker could not be opened. Open “Sound” and choose one.',
      zh: '无法打开扬声器。请打开“声音设备”并选择一个。',
    },
  },
} as const satisfies Record<string, Record<string, Record<Language, string>>>;

export type CodeKind = keyof typeof codeNames;

/** The name of a code; one that is not known, such as a shop's own, reads as it stands, without its dashes. */
export function codeName(kind: CodeKind, code: string, language: Language): string {
  const names: Readonly<Record<string, Record<Language, string>>> = codeNames[kind];
  return names[code]?.[language] ?? code.replaceAll(/[-_]/g, ' ');
}

export function useDeskCodes(): (kind: CodeKind, code: string) => string {
  const language = useContext(LanguageContext);
  return (kind, code) => codeName(kind, code, language);
}

/** Whether a problem has words of this page; else the server's own message is shown. */
export function isOwnProblem(code: string): boolean {
  return code in codeNames.problem;
}

/** Colours of moods in drawings, strong enough on light and dark pages. */
export const moodColours = {
  angry: '#cf1322',
  upset: '#d48806',
  neutral: '#8c8c8c',
  pleased: '#389e0d',
} as const;
