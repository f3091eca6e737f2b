import { Alert, Button, Empty, Flex, Modal, Popconfirm, Table, Tag, Typography } from 'antd';
import { useCallback, useEffect, useState, type ReactNode } from 'react';
import type { Person, PersonFields } from '../../core/people.ts';
import {
  addPerson,
  changePerson,
  listPeople,
  resetCode,
  resetPassword,
  type WithPassword,
} from '../people/api.ts';
import { PersonForm, roleOrder } from '../people/person-form.tsx';
import { Problem } from '../people/problem.tsx';
import { useSession } from '../people/session.tsx';
import { useTexts } from '../texts.ts';
import { LoadProblem } from './loading.tsx';

/** Who works here. Administrators change it, supervisors see their teams. */
export function PeoplePage() {
  const t = useTexts();
  const { me } = useSession();
  const [people, setPeople] = useState<readonly Person[]>();
  const [loadProblem, setLoadProblem] = useState<unknown>();
  const [problem, setProblem] = useState<unknown>();
  /** Whom the form is open for. */
  const [edited, setEdited] = useState<Person | 'new'>();
  const [shown, setShown] = useState<WithPassword>();
  const load = useCallback(
    () =>
      listPeople()
        .then((loaded) => {
          setPeople(loaded);
          setLoadProblem(undefined);
        })
        .catch((error: unknown) => setLoadProblem(error)),
    [],
  );
  useEffect(() => {
    void load();
  }, [load]);

  const run = (work: () => Promise<unknown>) => {
    setProblem(undefined);
    work()
      .then(load)
      .catch((error: unknown) => setProblem(error));
  };
  async function save(fields: PersonFields): Promise<void> {
    if (edited === 'new') setShown(await addPerson(fields));
    else if (edited) await changePerson(edited.id, fields);
    setEdited(undefined);
    await load();
  }
  const ask = (text: string, question: string, work: () => Promise<unknown>, danger = false): ReactNode => (
    <Popconfirm
      title={question}
      okText={text}
      cancelText={t('cancel')}
      styles={{ root: { maxWidth: 320 } }}
      onConfirm={() => run(work)}
    >
      <Button size="small" danger={danger}>
        {text}
      </Button>
    </Popconfirm>
  );

  if (loadProblem !== undefined) return <LoadProblem error={loadProblem} retry={() => void load()} />;
  const mayChange = me?.role === 'administrator';
  const teams = [...new Set((people ?? []).flatMap(({ profile }) => profile.teams))].sort();
  return (
    <Flex vertical gap="middle">
      <Flex justify="space-between" align="center" wrap gap="small">
        <Typography.Title level={3} style={{ margin: 0 }}>
          {t('people')}
        </Typography.Title>
        {mayChange && (
          <Button type="primary" onClick={() => setEdited('new')}>
            {t('addPerson')}
          </Button>
        )}
      </Flex>
      <Problem problem={problem} />
      <Table<Person>
        rowKey="id"
        loading={!people}
        dataSource={[...(people ?? [])]}
        pagination={false}
        scroll={{ x: 'max-content' }}
        locale={{ emptyText: <Empty description={t('noPeople')} /> }}
        columns={[
          {
            title: t('name'),
            render: (_, person) => (
              <Flex vertical>
                <span>
                  {person.name} {person.disabled && <Tag color="red">{t('disabled')}</Tag>}
                  {person.mustChangePassword && !person.disabled && <Tag>{t('mustChange')}</Tag>}
                </span>
                <Typography.Text type="secondary">{person.login}</Typography.Text>
              </Flex>
            ),
          },
          {
            title: t('role'),
            filters: roleOrder.map((value) => ({ value, text: t(value) })),
            onFilter: (value, person) => person.role === value,
            render: (_, person) => t(person.role),
          },
          { title: t('teams'), render: (_, { profile }) => profile.teams.join(', ') },
          {
            title: t('languagesSpoken'),
            render: (_, { profile }) =>
              profile.languages.map((one) => t(one === 'en' ? 'english' : 'chinese')).join(', '),
          },
          {
            title: t('skills'),
            render: (_, { profile }) =>
              Object.entries(profile.skills)
                .map(([skill, level]) => `${skill} ${String(level)}`)
                .join(', '),
          },
          {
            title: t('code'),
            render: (_, { hasCode, codeRequired }) => (hasCode ? '✓' : codeRequired ? '…' : ''),
          },
          ...(mayChange
            ? [
                {
                  key: 'actions',
                  render: (_: unknown, person: Person) => (
                    <Flex gap={4} wrap style={{ minWidth: 200 }}>
                      <Button size="small" onClick={() => setEdited(person)}>
                        {t('editPerson')}
                      </Button>
                      {ask(t('resetPassword'), t('resetPasswordAsk'), async () =>
                        setShown(await resetPassword(person.id)),
                      )}
                      {person.hasCode && ask(t('resetCode'), t('resetCodeAsk'), () => resetCode(person.id))}
                      {person.disabled ? (
                        <Button
                          size="small"
                          onClick={() => run(() => changePerson(person.id, { disabled: false }))}
                        >
                          {t('enable')}
                        </Button>
                      ) : (
                        ask(
                          t('disable'),
                          t('disableAsk'),
                          () => changePerson(person.id, { disabled: true }),
                          true,
                        )
                      )}
                    </Flex>
                  ),
                },
              ]
            : []),
        ]}
      />
      {edited && (
        <PersonForm
          person={edited === 'new' ? undefined : edited}
          teams={teams}
          onClose={() => setEdited(undefined)}
          save={save}
        />
      )}
      {shown && (
        <Modal
          open
          title={t('temporaryPassword')}
          onCancel={() => setShown(undefined)}
          footer={<Button onClick={() => setShown(undefined)}>{t('ok')}</Button>}
        >
          <Flex vertical gap="small">
            <span>
              {shown.person.name} ({shown.person.login})
            </span>
            <Typography.Text code copyable style={{ fontSize: 18 }}>
              {shown.temporaryPassword}
            </Typography.Text>
            <Alert type="info" showIcon title={t('temporaryPasswordHint')} />
          </Flex>
        </Modal>
      )}
    </Flex>
  );
}
