import { Alert, App as AntApp, Button, Card, Flex, Form, Input, Skeleton, Table, Typography } from 'antd';
import { useCallback, useContext, useEffect, useState } from 'react';
import { formatTime } from '../format.ts';
import { changePassword, endAllSessions, endSession, getAccount, type AccountView } from '../people/api.ts';
import { Authenticator } from '../people/authenticator.tsx';
import { Problem } from '../people/problem.tsx';
import { useSession } from '../people/session.tsx';
import { LanguageContext, useTexts } from '../texts.ts';
import { LoadProblem } from './loading.tsx';

/** What people see and change of themselves: password, authenticator, where they are logged in. */
export function AccountPage() {
  const t = useTexts();
  const session = useSession();
  const [account, setAccount] = useState<AccountView>();
  const [problem, setProblem] = useState<unknown>();
  const load = useCallback(
    () =>
      getAccount()
        .then((loaded) => {
          setAccount(loaded);
          setProblem(undefined);
        })
        .catch((error: unknown) => setProblem(error)),
    [],
  );
  useEffect(() => {
    void load();
  }, [load]);

  if (problem !== undefined) return <LoadProblem error={problem} retry={() => void load()} />;
  if (!account) return <Skeleton active />;
  const again = async (): Promise<void> => {
    await load();
    await session.reload();
  };
  const needs = session.me?.needs ?? null;
  return (
    <Flex vertical gap="middle">
      <div>
        <Typography.Title level={3} style={{ margin: 0 }}>
          {account.person.name}
        </Typography.Title>
        <Typography.Text type="secondary">
          {account.person.login} · {t(account.person.role)}
        </Typography.Text>
      </div>
      {needs !== null && (
        <Alert
          type="warning"
          showIcon
          title={t(needs === 'password' ? 'changePasswordFirst' : 'enrolCodeFirst')}
        />
      )}
      {needs !== 'code' && <PasswordCard onDone={again} />}
      {needs !== 'password' && <Authenticator person={account.person} onDone={again} />}
      <SessionsCard account={account} onDone={again} />
    </Flex>
  );
}

function PasswordCard({ onDone }: { readonly onDone: () => Promise<void> }) {
  const t = useTexts();
  const { message } = AntApp.useApp();
  const [form] = Form.useForm<{ current: string; next: string }>();
  const [problem, setProblem] = useState<unknown>();
  const [busy, setBusy] = useState(false);

  async function change({ current, next }: { current: string; next: string }): Promise<void> {
    setBusy(true);
    setProblem(undefined);
    try {
      await changePassword(current, next);
      form.resetFields();
      void message.success(t('passwordChanged'));
      await onDone();
    } catch (error) {
      setProblem(error);
    } finally {
      setBusy(false);
    }
  }

  return (
    <Card title={t('changePassword')}>
      <Form
        form={form}
        layout="vertical"
        requiredMark={false}
        style={{ maxWidth: 400 }}
        onFinish={(given) => void change(given)}
      >
        <Flex vertical gap="small">
          <Problem problem={problem} />
          <Form.Item
            name="current"
            label={t('currentPassword')}
            rules={[{ required: true, message: t('currentPassword') }]}
          >
            <Input.Password autoComplete="current-password" />
          </Form.Item>
          <Form.Item
            name="next"
            label={t('newPassword')}
            extra={t('passwordHint')}
            rules={[{ required: true, message: t('newPassword') }]}
          >
            <Input.Password autoComplete="new-password" />
          </Form.Item>
        </Flex>
        <Button type="primary" htmlType="submit" loading={busy}>
          {t('changePassword')}
        </Button>
      </Form>
    </Card>
  );
}

function SessionsCard(props: { readonly account: AccountView; readonly onDone: () => Promise<void> }) {
  const t = useTexts();
  const language = useContext(LanguageContext);
  const [problem, setProblem] = useState<unknown>();
  const run = (work: () => Promise<unknown>) => {
    setProblem(undefined);
    work()
      .then(() => props.onDone())
      .catch((error: unknown) => setProblem(error));
  };
  return (
    <Card
      title={t('sessions')}
      extra={<Button onClick={() => run(endAllSessions)}>{t('logOutEverywhere')}</Button>}
    >
      <Problem problem={problem} />
      <Table
        rowKey="id"
        size="small"
        pagination={false}
        scroll={{ x: 'max-content' }}
        dataSource={[...props.account.sessions]}
        columns={[
          { title: t('started'), render: (_, one) => formatTime(one.startedAtEpochMs, language) },
          { title: t('lastSeen'), render: (_, one) => formatTime(one.seenAtEpochMs, language) },
          { title: t('address'), dataIndex: 'address' },
          {
            title: t('browser'),
            render: (_, one) => (
              <Typography.Text ellipsis={{ tooltip: one.browser }} style={{ maxWidth: 260 }}>
                {one.browser}
              </Typography.Text>
            ),
          },
          {
            render: (_, one) =>
              one.current ? (
                t('thisSession')
              ) : (
                <Button size="small" onClick={() => run(() => endSession(one.id))}>
                  {t('end')}
                </Button>
              ),
          },
        ]}
      />
    </Card>
  );
}
