import { Button, Empty, Flex, Select, Table, Typography } from 'antd';
import { useCallback, useContext, useEffect, useState } from 'react';
import type { AuditEntry } from '../../core/audit.ts';
import { formatTime } from '../format.ts';
import { listAudit, listPeople } from '../people/api.ts';
import { actions } from '../people/texts.ts';
import { LanguageContext, useTexts } from '../texts.ts';
import { LoadProblem } from './loading.tsx';

const pageSize = 50;
const kinds = ['person', 'session', 'flows', 'call'] as const;

/** Who did what, newest first. */
export function AuditPage() {
  const t = useTexts();
  const language = useContext(LanguageContext);
  const [entries, setEntries] = useState<readonly AuditEntry[]>();
  /** Names of people by id, for what was done to them. */
  const [names, setNames] = useState<ReadonlyMap<string, string>>(new Map());
  const [kind, setKind] = useState<(typeof kinds)[number]>();
  const [complete, setComplete] = useState(false);
  const [problem, setProblem] = useState<unknown>();

  const load = useCallback(
    (before?: number) =>
      Promise.all([listAudit({ before, action: kind }), listPeople()])
        .then(([page, people]) => {
          setNames(new Map(people.map(({ id, name }) => [id, name])));
          setEntries((known) => (before === undefined ? page : [...(known ?? []), ...page]));
          setComplete(page.length < pageSize);
          setProblem(undefined);
        })
        .catch((error: unknown) => setProblem(error)),
    [kind],
  );
  useEffect(() => {
    void load();
  }, [load]);

  if (problem !== undefined) return <LoadProblem error={problem} retry={() => void load()} />;
  const nameOf = (action: string) => actions[action]?.[language] ?? action;
  return (
    <Flex vertical gap="middle">
      <Flex justify="space-between" align="center" wrap gap="small">
        <Typography.Title level={3} style={{ margin: 0 }}>
          {t('audit')}
        </Typography.Title>
        <Flex gap="small">
          <Select
            aria-label={t('kind')}
            style={{ minWidth: 140 }}
            value={kind ?? 'all'}
            onChange={(value) => setKind(kinds.find((one) => one === value))}
            options={[
              { value: 'all' as const, label: t('allKinds') },
              ...kinds.map((value) => ({ value, label: nameOf(value) })),
            ]}
          />
          <Button onClick={() => void load()}>{t('refresh')}</Button>
        </Flex>
      </Flex>
      <Table<AuditEntry>
        rowKey="id"
        size="small"
        loading={!entries}
        dataSource={[...(entries ?? [])]}
        pagination={false}
        scroll={{ x: 'max-content' }}
        locale={{ emptyText: <Empty description={t('noEntries')} /> }}
        columns={[
          { title: t('when'), render: (_, entry) => formatTime(entry.atEpochMs, language) },
          { title: t('who'), render: (_, { actor }) => actor.name || t('unknownPerson') },
          { title: t('address'), render: (_, { actor }) => actor.address },
          { title: t('what'), render: (_, { action }) => nameOf(action) },
          {
            title: t('onWhat'),
            render: (_, { subject, actor }) =>
              // Ids of sessions say nothing to people.
              subject === null || subject === actor.personId || subject.startsWith('session_')
                ? ''
                : (names.get(subject) ?? subject),
          },
          {
            title: t('details'),
            render: (_, { details }) => (
              <Typography.Text
                type="secondary"
                style={{ maxWidth: 280 }}
                ellipsis={{ tooltip: { title: detailsText(details), styles: { root: { maxWidth: 480 } } } }}
              >
                {detailsText(details)}
              </Typography.Text>
            ),
          },
        ]}
      />
      {entries && !complete && <Button onClick={() => void load(entries.at(-1)?.id)}>{t('older')}</Button>}
    </Flex>
  );
}

/** Details as they are, without the signs that only programs need. */
function detailsText(details: AuditEntry['details']): string {
  return Object.entries(details)
    .map(([name, value]) => `${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(', ');
}
