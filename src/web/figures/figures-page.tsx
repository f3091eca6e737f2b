import { Alert, Card, Flex, Skeleton, Statistic, Table, Typography } from 'antd';
import { useCallback, useContext, useEffect, useState } from 'react';
import { isMissing, loadJson } from '../api.ts';
import { useDeskCodes } from '../desk/code-names.ts';
import { formatDuration, formatTime } from '../format.ts';
import { LoadProblem } from '../pages/loading.tsx';
import { LanguageContext } from '../texts.ts';
import { figuresSchema, overallServiceLevel, type Figures } from './figures.ts';
import { useFigureTexts } from './texts.ts';

const everyMs = 10_000;
const timeoutMs = 8_000;
const percent = (share: number | null) => (share === null ? '–' : `${Math.round(share * 100)} %`);
const time = (ms: number | null) => (ms === null ? '–' : formatDuration(ms));

/** How the hotline does: numbers that are read again every ten seconds. */
export function FiguresPage() {
  const t = useFigureTexts();
  const language = useContext(LanguageContext);
  const [figures, setFigures] = useState<Figures>();
  const [problem, setProblem] = useState<unknown>();
  const load = useCallback((signal: AbortSignal) => {
    loadJson('/api/figures', figuresSchema, AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]))
      .then((loaded) => {
        setFigures(loaded);
        setProblem(undefined);
      })
      .catch((error: unknown) => {
        if (!signal.aborted) setProblem(error);
      });
  }, []);
  useEffect(() => {
    const abort = new AbortController();
    load(abort.signal);
    const timer = setInterval(() => load(abort.signal), everyMs);
    return () => {
      clearInterval(timer);
      abort.abort();
    };
  }, [load]);

  if (!figures) {
    if (problem === undefined) return <Skeleton active />;
    if (isMissing(problem)) return <Alert type="warning" showIcon title={t('missing')} />;
    return <LoadProblem error={problem} retry={() => load(AbortSignal.timeout(timeoutMs))} />;
  }
  return (
    <Flex vertical gap="middle">
      <Typography.Title level={3} style={{ margin: 0 }}>
        {t('figures')}{' '}
        <Typography.Text type="secondary">
          {t('since')} {formatTime(figures.sinceEpochMs, language)}
        </Typography.Text>
      </Typography.Title>
      {problem !== undefined && <Alert type="warning" showIcon title={t('stale')} />}
      <Cards figures={figures} />
      <Queues figures={figures} />
      <Flex gap="middle" wrap align="start">
        <Agents figures={figures} />
        <Transfers figures={figures} />
      </Flex>
    </Flex>
  );
}

function Cards({ figures }: { readonly figures: Figures }) {
  const t = useFigureTexts();
  const { calls, contained, queues } = figures;
  const cards = [
    [t('calls'), String(calls)],
    [t('contained'), calls === 0 ? '–' : `${contained} (${percent(contained / calls)})`],
    [t('waitingNow'), String(queues.reduce((sum, { waiting }) => sum + waiting, 0))],
    [t('serviceLevel'), percent(overallServiceLevel(queues))],
  ] as const;
  return (
    <Flex gap="middle" wrap>
      {cards.map(([title, value]) => (
        <Card key={title} size="small" style={{ flex: '1 1 140px' }}>
          <Statistic title={title} value={value} />
        </Card>
      ))}
    </Flex>
  );
}

function Queues({ figures }: { readonly figures: Figures }) {
  const t = useFigureTexts();
  return (
    <Card size="small" title={t('queues')}>
      <Table<Figures['queues'][number]>
        size="small"
        rowKey="queue"
        pagination={false}
        scroll={{ x: 'max-content' }}
        locale={{ emptyText: t('nothing') }}
        dataSource={figures.queues}
        columns={[
          { title: t('queue'), dataIndex: 'queue' },
          { title: t('waiting'), dataIndex: 'waiting', align: 'end' },
          { title: t('longest'), render: (_, { longestWaitMs }) => time(longestWaitMs), align: 'end' },
          { title: t('offered'), dataIndex: 'offered', align: 'end' },
          { title: t('answered'), dataIndex: 'answered', align: 'end' },
          { title: t('abandoned'), dataIndex: 'abandoned', align: 'end' },
          { title: t('serviceLevel'), render: (_, { serviceLevel }) => percent(serviceLevel), align: 'end' },
          {
            title: t('averageAnswer'),
            render: (_, { averageAnswerMs }) => time(averageAnswerMs),
            align: 'end',
          },
          {
            title: t('averageHandle'),
            render: (_, { averageHandleMs }) => time(averageHandleMs),
            align: 'end',
          },
          {
            title: t('callbacks'),
            render: (_, { callbacksKept, callbacksPromised }) => `${callbacksKept} / ${callbacksPromised}`,
            align: 'end',
          },
        ]}
      />
    </Card>
  );
}

function Agents({ figures }: { readonly figures: Figures }) {
  const t = useFigureTexts();
  return (
    <Card size="small" title={t('agents')} style={{ flex: '2 1 320px', minWidth: 0 }}>
      <Table<Figures['agents'][number]>
        size="small"
        rowKey="id"
        pagination={false}
        scroll={{ x: 'max-content' }}
        locale={{ emptyText: t('nothing') }}
        dataSource={figures.agents}
        columns={[
          { title: t('name'), dataIndex: 'name' },
          { title: t('handled'), dataIndex: 'handled', align: 'end' },
          {
            title: t('averageHandle'),
            render: (_, { averageHandleMs }) => time(averageHandleMs),
            align: 'end',
          },
          { title: t('occupancy'), render: (_, { occupancy }) => percent(occupancy), align: 'end' },
        ]}
      />
    </Card>
  );
}

function Transfers({ figures }: { readonly figures: Figures }) {
  const t = useFigureTexts();
  const nameOf = useDeskCodes();
  return (
    <Card size="small" title={t('transfers')} style={{ flex: '1 1 280px', minWidth: 0 }}>
      <Table<Figures['transfersByReason'][number]>
        size="small"
        rowKey="reason"
        pagination={false}
        locale={{ emptyText: t('nothing') }}
        dataSource={[...figures.transfersByReason].sort((a, b) => b.count - a.count)}
        columns={[
          { title: t('reason'), render: (_, { reason }) => nameOf('reason', reason) },
          { title: t('count'), dataIndex: 'count', align: 'end' },
        ]}
      />
    </Card>
  );
}
