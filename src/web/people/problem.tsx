import { Alert } from 'antd';
import { useContext } from 'react';
import { LanguageContext } from '../texts.ts';
import { Refused } from './api.ts';
import { problems } from './texts.ts';

/** Why the server refused, in the chosen language where its code is known. */
export function useProblemText(): (problem: unknown) => string {
  const language = useContext(LanguageContext);
  return (problem) => {
    const known = problem instanceof Refused ? problems[problem.code] : undefined;
    return known?.[language] ?? (problem instanceof Error ? problem.message : String(problem));
  };
}

/** A problem above a form, or nothing. */
export function Problem({ problem }: { readonly problem: unknown }) {
  const textOf = useProblemText();
  return problem === undefined ? null : <Alert type="error" showIcon title={textOf(problem)} />;
}
