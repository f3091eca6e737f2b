import { Button, Empty, Flex, Table, Tag, Typography } from 'antd';
import { useCallback, useContext, useEffect, useState } from 'react';
import { Link } from 'react-router';
import type { CallSummary } from '../../core/store.ts';
import { listCalls } from '../api.ts';
import { formatDuration, formatTime, outcomeColour } from '../format.ts';
import { LanguageContext, useCodeNames, useTexts } from '../texts.ts';
import { LoadProblem } from './loading.tsx';

const pageSize = 50;

/** All calls, newest first. */
export function CallsPage() {
  const t = useTexts();
  const nameOf = useCodeNames();
  const language = useContext(LanguageContext);
  const [calls, setCalls] = useState<readonly CallSummary[]>();
  const [error, setError] = useState<unknown>();
  const [complete, setComplete] = useState(false);

  const load = useCallback((before: string | undefined, signal: AbortSignal) => {
    listCalls(before, signal)
      .then((page) => {
        setError(undefined);
        setCalls((known) => (before === undefined ? page : [...(known ?? []), ...page]));
        setComplete(page.length < pageSize);
      })
      .catch((problem: unknown) => {
        if (!signal.aborted) setError(problem);
      });
  }, []);
  useEffect(() => {
    const abort = new AbortController();
    load(undefined, abort.signal);
    return () => abort.abort();
  }, [load]);
  const again = useCallback(() => load(undefined, new AbortController().signal), [load]);

  if (error !== undefined) return <LoadProblem error={error} retry={again} />;
  return (
    <Flex vertical gap="middle">
      <Flex justify="space-between" align="center">
        <Typography.Title level={3} style={{ margin: 0 }}>
          {t('calls')}
        </Typography.Title>
        <Button onClick={again}>{t('refresh')}</Button>
      </Flex>
      <Table<CallSummary>
        rowKey="callId"
        loading={!calls}
        dataSource={[...(calls ?? [])]}
        pagination={false}
        scroll={{ x: true }}
        locale={{ emptyText: <Empty description={t('noCalls')} /> }}
        columns={[
          {
            title: t('started'),
            render: (_, call) => (
              <Link to={`/calls/${call.callId}`}>{formatTime(call.startedAtEpochMs, language)}</Link>
            ),
          },
          { title: t('from'), dataIndex: 'from' },
          { title: t('gateway'), dataIndex: 'gateway' },
          { title: t('language'), dataIndex: 'language' },
          {
            title: t('duration'),
            render: (_, call) =>
              call.endedAtEpochMs === null ? '' : formatDuration(call.endedAtEpochMs - call.startedAtEpochMs),
          },
          {
            title: t('outcome'),
            render: (_, { outcome }) => (
              <Tag color={outcomeColour(outcome)}>
                {outcome === null ? t('goingOn') : nameOf('outcome', outcome)}
              </Tag>
            ),
          },
        ]}
      />
      {calls && !complete && (
        <Button onClick={() => load(calls.at(-1)?.callId, new AbortController().signal)}>
          {t('olderCalls')}
        </Button>
      )}
    </Flex>
  );
}
