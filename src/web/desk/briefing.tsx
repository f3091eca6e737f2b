import { Alert, Descriptions, Flex, Space, Tag, Typography } from 'antd';
import type { ContactCard } from '../../core/desk.ts';
import { formatDuration } from '../format.ts';
import { useDeskCodes } from './code-names.ts';
import { EarlierContacts } from './earlier-contacts.tsx';
import { MoodChart, MoodTag } from './mood-chart.tsx';
import { useDeskTexts } from './texts.ts';
import { useNow } from './use-desk.ts';

/** Who it is, how that is known, and by what way they come: one line that is always in sight. */
export function WhoLine({
  card,
  waitAheadMs,
}: {
  readonly card: ContactCard;
  /** Given while they wait: how far this machine's clock is ahead of the server's. */
  readonly waitAheadMs?: number;
}) {
  const t = useDeskTexts();
  const nameOf = useDeskCodes();
  const now = useNow();
  const { briefing, call } = card;
  const customer = briefing?.customer;
  const verifiedBy = customer?.verifiedBy ?? '';
  return (
    <Space wrap size={[8, 4]}>
      <Typography.Text strong style={{ fontSize: 18 }}>
        {customer?.name ?? call.customerName ?? t('unknownCaller')}
      </Typography.Text>
      {verifiedBy === '' ? (
        <Tag color="orange">{t('notVerified')}</Tag>
      ) : (
        <Tag color="green">
          {t('verifiedBy')} {nameOf('verified', verifiedBy)}
        </Tag>
      )}
      {call.mood && <MoodTag mood={call.mood} anger={call.anger} />}
      <Tag>{nameOf('channel', call.channel)}</Tag>
      <Tag>{nameOf('language', call.language)}</Tag>
      <Typography.Text type="secondary">{call.from}</Typography.Text>
      {card.enqueuedAtEpochMs !== null && waitAheadMs !== undefined && (
        <Typography.Text type="secondary">
          {t('waited')} {formatDuration(Math.max(0, now - card.enqueuedAtEpochMs - waitAheadMs))}
        </Typography.Text>
      )}
    </Space>
  );
}

/** All that Kefu knows of the contact, so that nobody has to ask twice. */
export function BriefingView({
  card,
  showsEarlier = false,
}: {
  readonly card: ContactCard;
  /** With earlier contacts of the same customer, which take a moment to load. */
  readonly showsEarlier?: boolean;
}) {
  const t = useDeskTexts();
  const nameOf = useDeskCodes();
  const { briefing } = card;
  const slots = Object.entries(briefing?.slots ?? {}).filter(([, value]) => value !== null && value !== '');
  return (
    <Flex vertical gap="middle">
      {briefing ? (
        <>
          <Alert type="info" title={briefing.summary} />
          <Descriptions
            size="small"
            column={1}
            items={[
              { key: 'wanted', label: t('wanted'), children: briefing.wanted || t('notSaid') },
              { key: 'why', label: t('why'), children: nameOf('reason', briefing.reason) },
              {
                key: 'done',
                label: t('done'),
                children:
                  briefing.done.length === 0 ? (
                    t('nothingDone')
                  ) : (
                    <ul style={{ margin: 0, paddingInlineStart: 18 }}>
                      {briefing.done.map((sentence) => (
                        <li key={sentence}>{sentence}</li>
                      ))}
                    </ul>
                  ),
              },
            ]}
          />
          {slots.length > 0 && (
            <Descriptions
              size="small"
              column={1}
              bordered
              title={t('gathered')}
              items={slots.map(([name, value]) => ({
                key: name,
                label: nameOf('slot', name),
                children: plainValue(value),
              }))}
            />
          )}
        </>
      ) : (
        <Typography.Text type="secondary">{t('noBriefing')}</Typography.Text>
      )}
      {showsEarlier && <EarlierContacts key={card.call.callId} callId={card.call.callId} />}
      <section aria-label={t('moodOverTime')}>
        <Typography.Text strong>{t('moodOverTime')}</Typography.Text>
        <MoodChart moods={card.moods} />
      </section>
    </Flex>
  );
}

/** A slot's value for people: lists and small records on one line. */
export function plainValue(value: unknown): string {
  if (Array.isArray(value)) return value.map(plainValue).join(', ');
  if (typeof value === 'object' && value !== null) {
    return Object.values(value)
      .filter((part) => part !== null && part !== '')
      .map(plainValue)
      .join(', ');
  }
  return String(value);
}
