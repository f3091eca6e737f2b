import { Button, Card, Flex, Form, Input, Typography } from 'antd';
import { useState } from 'react';
import { forgetApiToken } from '../api.ts';
import { logIn, Refused } from '../people/api.ts';
import { Problem } from '../people/problem.tsx';
import { useSession } from '../people/session.tsx';
import { useTexts } from '../texts.ts';

interface Given {
  readonly login: string;
  readonly password: string;
}

/** Name and password, then a one-time code where one is needed. */
export function LogInPage() {
  const t = useTexts();
  const { reload } = useSession();
  /** Kept until the code is there, since both are sent together. */
  const [given, setGiven] = useState<Given>();
  const [problem, setProblem] = useState<unknown>();
  const [busy, setBusy] = useState(false);

  async function send(credentials: Given, code?: string): Promise<void> {
    setBusy(true);
    setProblem(undefined);
    try {
      await logIn({ ...credentials, ...(code !== undefined && { code }) });
      forgetApiToken();
      await reload();
    } catch (error) {
      if (error instanceof Refused && error.code === 'code-missing') setGiven(credentials);
      else setProblem(error);
    } finally {
      setBusy(false);
    }
  }

  return (
    <Card style={{ maxWidth: 400, marginInline: 'auto', marginTop: 32 }}>
      <Flex vertical gap="middle">
        <Typography.Title level={3} style={{ margin: 0 }}>
          {t('logIn')}
        </Typography.Title>
        <Problem problem={problem} />
        {given ? (
          <Form<{ code: string }>
            layout="vertical"
            requiredMark={false}
            onFinish={({ code }) => void send(given, code)}
          >
            <Typography.Paragraph>{t('codeAsked')}</Typography.Paragraph>
            <Form.Item name="code" label={t('code')} rules={[{ required: true, message: t('codeAsked') }]}>
              <Input autoFocus inputMode="numeric" autoComplete="one-time-code" maxLength={7} />
            </Form.Item>
            <Flex gap="small">
              <Button type="primary" htmlType="submit" loading={busy}>
                {t('logIn')}
              </Button>
              <Button
                onClick={() => {
                  setGiven(undefined);
                  setProblem(undefined);
                }}
              >
                {t('back')}
              </Button>
            </Flex>
          </Form>
        ) : (
          <Form<Given> layout="vertical" requiredMark={false} onFinish={(values) => void send(values)}>
            <Form.Item
              name="login"
              label={t('logInName')}
              rules={[{ required: true, message: t('logInName') }]}
            >
              <Input autoFocus autoComplete="username" autoCapitalize="none" spellCheck={false} />
            </Form.Item>
            <Form.Item
              name="password"
              label={t('password')}
              rules={[{ required: true, message: t('password') }]}
            >
              <Input.Password autoComplete="current-password" />
            </Form.Item>
            <Button type="primary" htmlType="submit" loading={busy}>
              {t('next')}
            </Button>
          </Form>
        )}
      </Flex>
    </Card>
  );
}
