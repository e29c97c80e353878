import {
  PostgresQueryCompiler,
  type KyselyPlugin,
  type PluginTransformQueryArgs,
  type PluginTransformResultArgs,
  type QueryResult,
  type RootOperationNode,
  type UnknownRow,
} from 'kysely';
import type { Database } from '../connection/database';

/** Returns the SQL of each distinct statement that `act` executes, in order, formatted for reading. */
export async function recordSql(db: Database, act: (db: Database) => Promise<unknown>): Promise<readonly string[]> {
  const recorder = new SqlRecorder();
  await act(db.withPlugin(recorder));
  return [...recorder.statements];
}

class SqlRecorder implements KyselyPlugin {
  readonly statements = new Set<string>();
  readonly #compiler = new PostgresQueryCompiler();

  transformQuery({ node, queryId }: PluginTransformQueryArgs): RootOperationNode {
    this.statements.add(format(this.#compiler.compileQuery(node, queryId).sql));
    return node;
  }

  transformResult({ result }: PluginTransformResultArgs): Promise<QueryResult<UnknownRow>> {
    return Promise.resolve(result);
  }
}

const CLAUSES = /^(select \S+).* (?=from |inner join|left join|where |group by|order by|limit |returning |on conflict)/;

/** Removes the indentation that statements have in the code, and breaks the single lines of the query builder. */
function format(text: string): string {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  if (lines.length === 1 && CLAUSES.test(lines[0]!))
    return lines[0]!
      .replaceAll(/(?<!\(epoch) (from|inner join|left join|where|group by|order by|limit|returning) /g, '\n$1 ')
      .trim();
  const indent = lines[1] === undefined ? 0 : lines[1].length - lines[1].trimStart().length;
  const dedent = (line: string): string =>
    line.slice(Math.min(indent, line.length - line.trimStart().length)).trimEnd();
  return [lines[0]!.trim(), ...lines.slice(1).map(dedent)].join('\n');
}
