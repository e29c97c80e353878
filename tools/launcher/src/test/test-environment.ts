import { join } from 'node:path';
import { messageOf } from '@pugmark/domain';
import { installTensorflow, tensorflowDir } from '@pugmark/tensorflow';
import type { CommandContext } from '@pugmark/toolkit';
import { SERVERS, type ServerKey, type ServerUrls } from '../servers/server-context';
import { startSelectedServers, type SelectedServers } from '../servers/start-servers';

const PREFIX = 'PUGMARK_TEST_';

/** Environment of tests on this machine: servers, and the native TensorFlow. */
export interface TestEnvironment {
  /** Environment variables that say where they are. */
  readonly variables: NodeJS.ProcessEnv;
  /** Why there are no servers; null when there are. */
  readonly problem: string | null;
  stop(): Promise<void>;
}

export interface TestEnvironmentOptions {
  readonly servers: readonly ServerKey[];
  readonly tensorflow: boolean;
}

export const WHOLE_ENVIRONMENT: TestEnvironmentOptions = { servers: SERVERS, tensorflow: true };

/** Starts the servers and installs TensorFlow. What cannot be had is logged: tests that do without it still run. */
export async function startTestEnvironment(
  { servers, tensorflow }: TestEnvironmentOptions,
  context: CommandContext,
): Promise<TestEnvironment> {
  const [{ running, problem }, native] = await Promise.all([
    servers.length === 0 ? { running: null, problem: null } : tryToStart(servers, context),
    tensorflow ? nativeVariables(context) : {},
  ]);
  return {
    variables: { ...native, ...(running === null ? {} : serverVariables(running)) },
    problem,
    stop: async () => running?.stop(),
  };
}

async function tryToStart(
  servers: readonly ServerKey[],
  { root, log, environment, signal, onForcedEnd }: CommandContext,
): Promise<{ readonly running: SelectedServers | null; readonly problem: string | null }> {
  try {
    const running = await startSelectedServers(servers, {
      instance: 'test',
      dir: join(root, '.pugmark'),
      root,
      log,
      environment,
      variablePrefix: PREFIX,
      signal,
    });
    onForcedEnd(() => running.kill());
    return { running, problem: null };
  } catch (error) {
    if (signal.aborted) throw error;
    const problem = messageOf(error);
    log(`no servers to test against: ${problem}`);
    return { running: null, problem };
  }
}

/** Folder of the native library. Tests that need it are skipped without it. */
async function nativeVariables({ root, log, environment, signal }: CommandContext): Promise<NodeJS.ProcessEnv> {
  const state = await installTensorflow({ root, log, environment, signal });
  if (state.installed)
    return { [`${PREFIX}TENSORFLOW_DIR`]: tensorflowDir(root), TF_CPP_MIN_LOG_LEVEL: '2', TF_ENABLE_ONEDNN_OPTS: '1' };
  log(`no native TensorFlow, so its tests are skipped: ${state.problem}`);
  return { [`${PREFIX}TENSORFLOW_PROBLEM`]: state.problem };
}

function serverVariables(urls: Partial<ServerUrls>): NodeJS.ProcessEnv {
  return {
    [`${PREFIX}DATABASE_URL`]: urls.databaseUrl,
    [`${PREFIX}RABBITMQ_URL`]: urls.rabbitmqUrl,
    [`${PREFIX}RABBITMQ_MANAGEMENT_URL`]: urls.rabbitmqManagementUrl,
    [`${PREFIX}REDIS_URL`]: urls.redisUrl,
  };
}
