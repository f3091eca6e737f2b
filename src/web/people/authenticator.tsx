import { Button, Card, Flex, Form, Input, QRCode, Typography } from 'antd';
import { useState } from 'react';
import type { Person } from '../../core/people.ts';
import { useTexts } from '../texts.ts';
import { beginCode, confirmCode, removeCode } from './api.ts';
import { Problem } from './problem.tsx';

/** Connects and disconnects the app that shows one-time codes. */
export function Authenticator(props: { readonly person: Person; readonly onDone: () => Promise<void> }) {
  const t = useTexts();
  const { hasCode, codeRequired } = props.person;
  const [asked, setAsked] = useState<'connect' | 'disconnect'>();
  const [enrolment, setEnrolment] = useState<{ secret: string; uri: string }>();
  const [problem, setProblem] = useState<unknown>();
  const [busy, setBusy] = useState(false);

  async function run(work: () => Promise<void>): Promise<void> {
    setBusy(true);
    setProblem(undefined);
    try {
      await work();
    } catch (error) {
      setProblem(error);
    } finally {
      setBusy(false);
    }
  }
  const finish = async (): Promise<void> => {
    setAsked(undefined);
    setEnrolment(undefined);
    await props.onDone();
  };
  const withPassword = async ({ password }: { password: string }): Promise<void> => {
    if (asked === 'connect') {
      setEnrolment(await beginCode(password));
      setAsked(undefined);
    } else {
      await removeCode(password);
      await finish();
    }
  };
  const cancel = (
    <Button
      onClick={() => {
        setAsked(undefined);
        setEnrolment(undefined);
        setProblem(undefined);
      }}
    >
      {t('cancel')}
    </Button>
  );

  return (
    <Card title={t('code')}>
      <Flex vertical gap="middle" style={{ maxWidth: 400 }}>
        <Typography.Text>{t(hasCode ? 'codeOn' : 'codeOff')}</Typography.Text>
        <Typography.Text type="secondary">{t('codeIntro')}</Typography.Text>
        <Problem problem={problem} />
        {!asked && !enrolment && (
          <Flex gap="small" wrap>
            <Button type={hasCode ? 'default' : 'primary'} onClick={() => setAsked('connect')}>
              {t(hasCode ? 'codeConnectOther' : 'codeConnect')}
            </Button>
            {hasCode && !codeRequired && (
              <Button danger onClick={() => setAsked('disconnect')}>
                {t('codeDisconnect')}
              </Button>
            )}
          </Flex>
        )}
        {asked && (
          <Form<{ password: string }>
            layout="vertical"
            requiredMark={false}
            onFinish={(given) => void run(() => withPassword(given))}
          >
            <Form.Item
              name="password"
              label={t('currentPassword')}
              rules={[{ required: true, message: t('currentPassword') }]}
            >
              <Input.Password autoFocus autoComplete="current-password" />
            </Form.Item>
            <Flex gap="small">
              <Button type="primary" danger={asked === 'disconnect'} htmlType="submit" loading={busy}>
                {t(asked === 'connect' ? 'next' : 'codeDisconnect')}
              </Button>
              {cancel}
            </Flex>
          </Form>
        )}
        {enrolment && (
          <Form<{ code: string }>
            layout="vertical"
            requiredMark={false}
            onFinish={({ code }) =>
              void run(async () => {
                await confirmCode(code);
                await finish();
              })
            }
          >
            <Flex vertical gap="small">
              <Typography.Text>{t('codeScan')}</Typography.Text>
              {/* Dark on white in either theme: cameras want it so. */}
              <QRCode type="svg" value={enrolment.uri} size={200} color="#000" bgColor="#fff" />
              <Typography.Text>
                {t('codeKey')}:{' '}
                <Typography.Text code copyable style={{ overflowWrap: 'anywhere' }}>
                  {enrolment.secret}
                </Typography.Text>
              </Typography.Text>
              <Form.Item name="code" label={t('code')} rules={[{ required: true, message: t('code') }]}>
                <Input inputMode="numeric" autoComplete="one-time-code" maxLength={7} />
              </Form.Item>
            </Flex>
            <Flex gap="small">
              <Button type="primary" htmlType="submit" loading={busy}>
                {t('confirm')}
              </Button>
              {cancel}
            </Flex>
          </Form>
        )}
      </Flex>
    </Card>
  );
}
