import { Alert, Button, Flex, Input } from 'antd';
import { useState } from 'react';
import { setApiToken, TokenNeeded } from '../api.ts';
import { useTexts } from '../texts.ts';

/** Says why something could not be loaded, and asks for the API token when the server wants one; `retry` runs after it was given. */
export function LoadProblem({ error, retry }: { readonly error: unknown; readonly retry: () => void }) {
  const t = useTexts();
  const [token, setToken] = useState('');
  if (!(error instanceof TokenNeeded)) {
    const description = error instanceof Error ? error.message : String(error);
    return <Alert type="error" showIcon title={t('loadFailed')} description={description} />;
  }
  return (
    <Alert
      type="info"
      showIcon
      title={t('tokenNeeded')}
      description={
        <Flex gap="small" style={{ marginTop: 8 }}>
          <Input.Password
            aria-label={t('token')}
            value={token}
            onChange={(event) => setToken(event.target.value)}
          />
          <Button
            type="primary"
            disabled={token === ''}
            onClick={() => {
              setApiToken(token);
              retry();
            }}
          >
            {t('ok')}
          </Button>
        </Flex>
      }
    />
  );
}
