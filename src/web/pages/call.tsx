import { Card, Collapse, Descriptions, Empty, Flex, Spin, Tag, Typography } from 'antd';
import { useContext, useEffect, useMemo, useState } from 'react';
import { useParams } from 'react-router';
import type { CallEvent } from '../../core/events.ts';
import type { CallSummary } from '../../core/store.ts';
import { followCall, getCall, recordingUrl } from '../api.ts';
import { conversationOf, medianGapMs, spansOf, type Row } from '../conversation.ts';
import { formatDuration, formatOffset, formatTime, outcomeColour } from '../format.ts';
import { LanguageContext, useCodeNames, useTexts } from '../texts.ts';
import { LoadProblem } from './loading.tsx';
import { Timeline } from './timeline.tsx';

/** One call: who said what when, what was understood, how quickly Kefu answered. Live while the call goes on. */
export function CallPage() {
  const { id = '' } = useParams();
  const [attempt, setAttempt] = useState(0);
  // A new key starts the view afresh, for another call as for another try.
  return <CallView key={`${id} ${String(attempt)}`} id={id} retry={() => setAttempt(attempt + 1)} />;
}

function CallView({ id, retry }: { readonly id: string; readonly retry: () => void }) {
  const t = useTexts();
  const nameOf = useCodeNames();
  const language = useContext(LanguageContext);
  const { call, events, error } = useCall(id);
  const rows = useMemo(() => conversationOf(events), [events]);
  const spans = useMemo(() => spansOf(rows), [rows]);

  if (error !== undefined) return <LoadProblem error={error} retry={retry} />;
  if (!call) return <Spin />;
  const end = events.findLast(({ body }) => body.type === 'call-ended')?.body;
  const outcome = end?.type === 'call-ended' ? end.outcome : call.outcome;
  const durationMs = end?.type === 'call-ended' ? end.durationMs : undefined;
  const gapMs = medianGapMs(rows);
  return (
    <Flex vertical gap="middle">
      <Card>
        <Descriptions
          column={{ xs: 1, sm: 2, md: 3 }}
          items={[
            { key: 'at', label: t('started'), children: formatTime(call.startedAtEpochMs, language) },
            { key: 'from', label: t('from'), children: call.from },
            { key: 'to', label: t('to'), children: call.to },
            { key: 'gateway', label: t('gateway'), children: call.gateway },
            {
              key: 'outcome',
              label: t('outcome'),
              children: (
                <Tag color={outcomeColour(outcome)}>
                  {outcome === null ? t('goingOn') : nameOf('outcome', outcome)}
                </Tag>
              ),
            },
            {
              key: 'duration',
              label: t('duration'),
              children: durationMs === undefined ? '' : formatDuration(durationMs),
            },
            ...(gapMs === undefined
              ? []
              : [{ key: 'gap', label: t('medianGap'), children: `${String(gapMs)} ms` }]),
          ]}
        />
        {call.hasRecording && <Recording id={id} />}
      </Card>
      {spans.length > 0 && (
        <Card title={t('timeline')} size="small">
          <Timeline spans={spans} />
        </Card>
      )}
      <Card title={t('conversation')} size="small">
        {rows.length === 0 ? <Empty /> : rows.map((row) => <RowView key={row.key} row={row} />)}
      </Card>
      <Collapse
        items={[
          {
            key: 'events',
            label: `${t('allEvents')} (${String(events.length)})`,
            children: <EventList events={events} />,
          },
        ]}
      />
    </Flex>
  );
}

function useCall(id: string) {
  const [call, setCall] = useState<CallSummary>();
  const [events, setEvents] = useState<readonly CallEvent[]>([]);
  const [error, setError] = useState<unknown>();
  useEffect(() => {
    const abort = new AbortController();
    async function load() {
      setCall((await getCall(id, abort.signal)).call);
      await followCall(id, (event) => setEvents((known) => [...known, event]), abort.signal);
      setCall((await getCall(id, abort.signal)).call);
    }
    load().catch((problem: unknown) => {
      if (!abort.signal.aborted) setError(problem);
    });
    return () => abort.abort();
  }, [id]);
  return { call, events, error };
}

function Recording({ id }: { readonly id: string }) {
  const t = useTexts();
  const [url, setUrl] = useState<string>();
  useEffect(() => {
    const abort = new AbortController();
    let made: string | undefined;
    recordingUrl(id, abort.signal)
      .then((created) => {
        made = created;
        setUrl(created);
      })
      .catch((problem: unknown) => {
        if (!abort.signal.aborted) console.warn('The recording could not be loaded', problem);
      });
    return () => {
      abort.abort();
      if (made !== undefined) URL.revokeObjectURL(made);
    };
  }, [id]);
  return url === undefined ? null : (
    <audio controls src={url} aria-label={t('recording')} style={{ width: '100%', marginTop: 12 }} />
  );
}

function RowView({ row }: { readonly row: Row }) {
  return (
    <Flex gap="small" align="baseline" style={{ paddingBlock: 4 }}>
      <Typography.Text type="secondary" style={{ fontVariantNumeric: 'tabular-nums', minWidth: 52 }}>
        {formatOffset(shownAtMs(row))}
      </Typography.Text>
      <div style={{ flex: 1, minWidth: 0 }}>
        {row.kind === 'caller' && <CallerRow row={row} />}
        {row.kind === 'kefu' && <KefuRow row={row} />}
        {row.kind === 'other' && <OtherRow row={row} />}
      </div>
    </Flex>
  );
}

/** Kefu's words are queued at once and heard one after the other: the list shows when they were heard. */
function shownAtMs(row: Row): number {
  const heardMs = row.kind === 'kefu' ? row.heard[0]?.startMs : undefined;
  return heardMs ?? row.offsetMs;
}

function CallerRow({ row }: { readonly row: Extract<Row, { kind: 'caller' }> }) {
  const t = useTexts();
  const intent = row.understanding?.result.intents[0];
  const entities = row.understanding?.result.entities ?? [];
  const { endpointingMs, recognitionMs } = row.turn;
  return (
    <>
      <Tag color="green">{t('caller')}</Tag> <Typography.Text strong>{row.turn.text}</Typography.Text>
      <Flex gap={4} wrap style={{ marginTop: 4 }}>
        {row.understanding && (
          <Tag color={intent ? 'purple' : 'default'}>
            {intent ? `${intent.intent} ${intent.score.toFixed(2)}` : t('outOfScope')}
          </Tag>
        )}
        {entities.map((entity) => (
          <Tag key={`${entity.kind}${String(entity.start)}`}>
            {entity.kind}: {entity.value}
          </Tag>
        ))}
        {row.gapMs !== undefined && (
          <Tag color={row.gapMs <= 1000 ? 'cyan' : 'orange'}>
            {t('gap')} {row.gapMs} ms
          </Tag>
        )}
        {row.turn.endMs > row.turn.startMs && (
          <Typography.Text type="secondary" style={{ fontSize: 12 }}>
            {t('pause')} {Math.round(endpointingMs)} ms · {t('recognised')} +{Math.round(recognitionMs)} ms
            {row.understanding && ` · ${t('understood')} ${String(row.understanding.tookMs)} ms`}
          </Typography.Text>
        )}
      </Flex>
      {row.partials.length > 0 && (
        <Typography.Text type="secondary" style={{ fontSize: 12 }}>
          {t('partials')}: {row.partials.join(' › ')}
        </Typography.Text>
      )}
    </>
  );
}

function KefuRow({ row }: { readonly row: Extract<Row, { kind: 'kefu' }> }) {
  const t = useTexts();
  const heard = row.heard.map(({ text }) => text).filter((text) => text !== '');
  const complete = row.heard.some((part) => part.complete);
  const settled = row.heard.length > 0;
  return (
    <>
      <Tag color="blue">{t('speaker')}</Tag>{' '}
      {complete || !settled ? (
        <Typography.Text {...(!settled && { type: 'secondary' })}>{row.say.text}</Typography.Text>
      ) : (
        <>
          <Typography.Text>{heard.join(' ')}</Typography.Text>{' '}
          {heard.length === 0 && (
            <Typography.Text delete type="secondary">
              {row.say.text}
            </Typography.Text>
          )}{' '}
          <Tag color="orange">{t(heard.length > 0 ? 'cut' : 'notHeard')}</Tag>
        </>
      )}
    </>
  );
}

function OtherRow({ row }: { readonly row: Extract<Row, { kind: 'other' }> }) {
  const t = useTexts();
  const nameOf = useCodeNames();
  const { body } = row;
  switch (body.type) {
    case 'digits':
      return (
        <Tag>
          {t('keyed')}: {body.digits}
        </Tag>
      );
    case 'no-input':
      return <Tag>{t('noInput')}</Tag>;
    case 'barge-in':
      return <Tag color="orange">{t('interrupted')}</Tag>;
    case 'false-barge-in':
      return <Tag>{t('notInterrupted')}</Tag>;
    case 'task-finished':
      return (
        <Tag color={body.ok ? 'geekblue' : 'red'}>
          {t('shop')}: {body.operation} {body.code ?? ''} {body.tookMs} ms
        </Tag>
      );
    case 'transfer':
      return (
        <Tag color={body.ok === false ? 'red' : 'gold'}>
          {t('transfer')} {body.skill} {body.target} {body.code ?? ''}
        </Tag>
      );
    case 'queue':
      return (
        <Tag color="purple">
          {t('queue')}: {nameOf('queue', body.change)} {body.position ?? ''}
        </Tag>
      );
    case 'person':
      return (
        <Tag color="purple">
          {body.name}: {nameOf('person', body.change)}
        </Tag>
      );
    case 'person-said':
      return (
        <>
          <Tag color="purple">{body.name}</Tag> <Typography.Text>{body.text}</Typography.Text>
        </>
      );
    case 'note':
      return (
        <Typography.Text type="secondary" style={{ fontSize: 12, overflowWrap: 'anywhere' }}>
          {body.name} {JSON.stringify(body.data)}
        </Typography.Text>
      );
    case 'error':
      return (
        <Tag color="red">
          {t('error')}: {body.code}
        </Tag>
      );
    case 'call-ended':
      return (
        <Tag>
          {t('ended')}: {nameOf('reason', body.reason)}
        </Tag>
      );
  }
}

function EventList({ events }: { readonly events: readonly CallEvent[] }) {
  return (
    <pre style={{ overflow: 'auto', maxHeight: 400, fontSize: 12, margin: 0 }}>
      {events.map(({ seq, body }) => `${String(seq)} ${JSON.stringify(body)}`).join('\n')}
    </pre>
  );
}
