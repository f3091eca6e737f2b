import { useContext } from 'react';
import type { Language } from '../../core/language.ts';
import { LanguageContext } from '../texts.ts';

/** The words of the figures page, both languages side by side. */
const texts = {
  figures: { en: 'Figures', zh: '统计' },
  since: { en: 'since', zh: '统计起点：' },
  missing: {
    en: 'This Kefu does not serve figures. Update the server, then open this page again.',
    zh: '此系统未提供统计数据。请更新服务器后再打开本页。',
  },
  stale: {
    en: 'The figures could not be refreshed; these are older.',
    zh: '未能刷新统计数据，以下为较早的数据。',
  },
  calls: { en: 'Contacts', zh: '来访数' },
  contained: { en: 'Settled by Kefu alone', zh: '机器人独立解决' },
  waitingNow: { en: 'Waiting now', zh: '当前排队' },
  serviceLevel: { en: 'Answered in time', zh: '及时接通率' },
  queues: { en: 'Queues', zh: '队列' },
  queue: { en: 'Queue', zh: '队列' },
  offered: { en: 'Offered', zh: '转入' },
  answered: { en: 'Answered', zh: '接通' },
  abandoned: { en: 'Hung up', zh: '放弃' },
  averageAnswer: { en: 'Average wait', zh: '平均等待' },
  averageHandle: { en: 'Average handling', zh: '平均处理' },
  callbacks: { en: 'Callbacks kept', zh: '已兑现回电' },
  waiting: { en: 'Waiting', zh: '排队' },
  longest: { en: 'Longest', zh: '最长等待' },
  agents: { en: 'Colleagues', zh: '坐席' },
  name: { en: 'Name', zh: '姓名' },
  handled: { en: 'Handled', zh: '接待数' },
  occupancy: { en: 'Occupancy', zh: '忙碌率' },
  transfers: { en: 'Handed over, by reason', zh: '转人工原因' },
  reason: { en: 'Reason', zh: '原因' },
  count: { en: 'Number', zh: '次数' },
  nothing: { en: 'Nothing yet', zh: '暂无数据' },
} as const satisfies Record<string, Record<Language, string>>;

export type FigureTextKey = keyof typeof texts;

export function useFigureTexts(): (key: FigureTextKey) => string {
  const language = useContext(LanguageContext);
  return (key) => texts[key][language];
}
