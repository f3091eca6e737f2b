import { Alert, Button, Card, Flex, Form, Input, Typography } from 'antd';
import { useContext, useState } from 'react';
import { useNavigate } from 'react-router';
import { forgetApiToken } from '../api.ts';
import { setUp } from '../people/api.ts';
import { Problem } from '../people/problem.tsx';
import { useSession } from '../people/session.tsx';
import { problems } from '../people/texts.ts';
import { LanguageContext, useTexts } from '../texts.ts';

interface Given {
  readonly login: string;
  readonly name: string;
  readonly password: string;
}

/** What a log-in name may look like; the server decides. */
export const loginPattern = /^\s*[\p{L}\p{N}][\p{L}\p{N}._@-]*\s*$/u;

/** Makes the first administrator, who is logged in at once. */
export function SetUpPage() {
  const t = useTexts();
  const language = useContext(LanguageContext);
  const navigate = useNavigate();
  const session = useSession();
  const [problem, setProblem] = useState<unknown>();
  const [busy, setBusy] = useState(false);

  async function finish(given: Given): Promise<void> {
    setBusy(true);
    setProblem(undefined);
    try {
      await setUp(given);
      forgetApiToken();
      await session.reload();
      await navigate('/people');
    } catch (error) {
      setProblem(error);
    } finally {
      setBusy(false);
    }
  }

  if (session.setUp) return <Alert type="info" showIcon title={t('setUpDone')} />;
  if (!session.maySetUp) return <Alert type="info" showIcon title={t('setUpHere')} />;
  return (
    <Card style={{ maxWidth: 480, marginInline: 'auto', marginTop: 32 }}>
      <Flex vertical gap="middle">
        <Typography.Title level={3} style={{ margin: 0 }}>
          {t('setUpTitle')}
        </Typography.Title>
        <Typography.Paragraph style={{ margin: 0 }}>{t('setUpIntro')}</Typography.Paragraph>
        <Problem problem={problem} />
        <Form<Given> layout="vertical" requiredMark={false} onFinish={(given) => void finish(given)}>
          <Form.Item
            name="login"
            label={t('logInName')}
            rules={[
              { required: true, message: t('logInName') },
              { pattern: loginPattern, message: problems.login_invalid?.[language] ?? '' },
            ]}
          >
            <Input
              autoFocus
              autoComplete="username"
              autoCapitalize="none"
              spellCheck={false}
              maxLength={64}
            />
          </Form.Item>
          <Form.Item
            name="name"
            label={t('displayName')}
            rules={[{ required: true, whitespace: true, message: t('name') }]}
          >
            <Input autoComplete="name" maxLength={100} />
          </Form.Item>
          <Form.Item
            name="password"
            label={t('newPassword')}
            extra={t('passwordHint')}
            rules={[{ required: true, message: t('newPassword') }]}
          >
            <Input.Password autoComplete="new-password" />
          </Form.Item>
          <Button type="primary" htmlType="submit" loading={busy}>
            {t('create')}
          </Button>
        </Form>
      </Flex>
    </Card>
  );
}
