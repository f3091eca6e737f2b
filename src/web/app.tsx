import {
  App as AntApp,
  Button,
  ConfigProvider,
  Flex,
  Layout,
  Menu,
  Segmented,
  Typography,
  theme,
} from 'antd';
import en from 'antd/locale/en_US';
import zh from 'antd/locale/zh_CN';
import { useEffect, useState, type ReactNode } from 'react';
import { Link, matchPath, Route, Routes, useLocation } from 'react-router';
import { languages, type Language } from '../core/language.ts';
import { AccountPage } from './pages/account.tsx';
import { LogInPage } from './pages/login.tsx';
import { pagesFor } from './pages.tsx';
import { SessionProvider, useSession } from './people/session.tsx';
import { LanguageContext, useTexts } from './texts.ts';

const themes = ['light', 'dark'] as const;
type Theme = (typeof themes)[number];

/** A setting of this browser: what was chosen before, else what the browser prefers. */
function useSetting<Value extends string>(
  key: string,
  allowed: readonly Value[],
  preferred: () => Value,
): [Value, (value: Value) => void] {
  const [value, setValue] = useState<Value>(() => {
    const stored = localStorage.getItem(key);
    return allowed.find((candidate) => candidate === stored) ?? preferred();
  });
  return [
    value,
    (next) => {
      localStorage.setItem(key, next);
      setValue(next);
    },
  ];
}

const languageNames: Record<Language, string> = { en: 'English', zh: '中文' };

function Frame(props: {
  readonly language: Language;
  readonly onLanguage: (language: Language) => void;
  readonly colours: Theme;
  readonly onColours: (colours: Theme) => void;
  /** False while there is only one thing to do. */
  readonly menu: boolean;
  readonly children: ReactNode;
}) {
  const t = useTexts();
  const { token } = theme.useToken();
  const { pathname } = useLocation();
  const session = useSession();
  return (
    <Layout style={{ minHeight: '100vh' }}>
      <Layout.Header
        style={{
          background: token.colorBgContainer,
          borderBottom: `1px solid ${token.colorBorderSecondary}`,
          height: 'auto',
          paddingBlock: 8,
          paddingInline: 16,
        }}
      >
        <Flex align="center" gap="small" wrap style={{ minHeight: 40, lineHeight: 'normal' }}>
          <Typography.Title level={4} style={{ margin: 0 }}>
            Kefu <span lang="zh">客服</span>
          </Typography.Title>
          {props.menu ? (
            <Menu
              mode="horizontal"
              style={{ flex: 1, minWidth: 180, border: 'none', background: 'transparent' }}
              selectedKeys={[pathname.split('/')[1] ?? '']}
              items={pagesFor(session).flatMap(({ path, menu }) =>
                menu ? [{ key: path.slice(1), label: <Link to={path}>{t(menu)}</Link> }] : [],
              )}
            />
          ) : (
            <div style={{ flex: 1 }} />
          )}
          <Visitor />
          <Segmented<Language>
            aria-label={t('language')}
            value={props.language}
            onChange={props.onLanguage}
            options={languages.map((value) => ({ value, label: languageNames[value] }))}
          />
          <Segmented<Theme>
            aria-label={t('theme')}
            value={props.colours}
            onChange={props.onColours}
            options={themes.map((value) => ({ value, label: t(value) }))}
          />
        </Flex>
      </Layout.Header>
      <Layout.Content style={{ padding: 16, maxWidth: 1100, width: '100%', marginInline: 'auto' }}>
        {props.children}
      </Layout.Content>
    </Layout>
  );
}

/** Who is logged in, and the way out; or the way to set log-ins up. */
function Visitor() {
  const t = useTexts();
  const { me, maySetUp, leave } = useSession();
  if (maySetUp) return <Link to="/set-up">{t('setUp')}</Link>;
  if (!me) return null;
  return (
    <Flex align="center" gap="small">
      {me.via === 'session' ? <Link to="/account">{me.name}</Link> : <span>{t('program')}</span>}
      <Button size="small" onClick={() => void leave()}>
        {t('logOut')}
      </Button>
    </Flex>
  );
}

/** The browser side of Kefu, in the chosen language and colours. */
export function App() {
  const [language, setLanguage] = useSetting<Language>('kefu.language', languages, () =>
    navigator.language.startsWith('zh') ? 'zh' : 'en',
  );
  const [colours, setColours] = useSetting<Theme>('kefu.theme', themes, () =>
    matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light',
  );
  useEffect(() => {
    document.documentElement.lang = language;
    document.documentElement.style.colorScheme = colours;
  }, [language, colours]);
  return (
    <LanguageContext value={language}>
      <ConfigProvider
        locale={language === 'zh' ? zh : en}
        theme={{ algorithm: colours === 'dark' ? theme.darkAlgorithm : theme.defaultAlgorithm }}
      >
        <AntApp>
          <SessionProvider>
            <Screen language={language} onLanguage={setLanguage} colours={colours} onColours={setColours} />
          </SessionProvider>
        </AntApp>
      </ConfigProvider>
    </LanguageContext>
  );
}

/** The log-in for who must log in, the own account for who must change something there first, and the pages for all others. */
function Screen(props: Omit<Parameters<typeof Frame>[0], 'menu' | 'children'>) {
  const { me, setUp } = useSession();
  const only = !me && setUp ? <LogInPage /> : me?.needs ? <AccountPage /> : undefined;
  return (
    <Frame {...props} menu={!only}>
      {only ?? <Pages />}
    </Frame>
  );
}

function Pages() {
  const t = useTexts();
  const session = useSession();
  const { pathname } = useLocation();
  const own = pagesFor(session);
  const isForOthers = pagesFor({ me: null }).some(
    ({ path }) => !own.some((page) => page.path === path) && matchPath(path, pathname),
  );
  return (
    <Routes>
      {own.map(({ path, element }) => (
        <Route key={path} path={path} element={element} />
      ))}
      <Route
        path="*"
        element={<Typography.Paragraph>{t(isForOthers ? 'notForRole' : 'notFound')}</Typography.Paragraph>}
      />
    </Routes>
  );
}
