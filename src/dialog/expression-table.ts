import { compileExpression, type Expression } from './expressions.ts';
import type { FlowSource, Path } from './flow-source.ts';
import { allWordings, type Prompt } from './wording.ts';

/** Where an expression stands, for naming what is wrong with it. */
export interface ExpressionUse {
  readonly expression: Expression;
  readonly source: FlowSource;
  readonly path: Path;
  /** What to call the place: `step "greet"`. */
  readonly where: string;
}

/** All expressions of a pack, compiled once each, and where each is used. */
export class ExpressionTable {
  readonly compiled = new Map<string, Expression>();
  readonly uses: ExpressionUse[] = [];

  /** Compiles an expression; its mistake is reported at `path`. */
  add(text: string, source: FlowSource, path: Path, where: string): void {
    try {
      const expression = this.compiled.get(text) ?? compileExpression(text);
      this.compiled.set(text, expression);
      this.uses.push({ expression, source, path, where });
    } catch (error) {
      const sentence = error instanceof Error ? error.message : String(error);
      source.report(path, `${where}: "${text}" is no valid expression: ${sentence}.`);
    }
  }

  /** Notes the expressions in a prompt's wordings, which are compiled with it. */
  addPrompt(prompt: Prompt, source: FlowSource, path: Path): void {
    for (const piece of allWordings(prompt).flatMap((wording) => wording.pieces)) {
      if (piece.type === 'text') continue;
      this.uses.push({
        expression: piece.expression,
        source,
        path,
        where: `prompt "${String(path.at(-1))}"`,
      });
    }
  }
}
