import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface RabbitmqState {
  /** Chosen once, because the data belong to the node's name; the ports may change. */
  readonly node: string;
  readonly user: string;
  readonly password: string;
  readonly ports: RabbitmqPorts;
}

export interface RabbitmqPorts {
  readonly amqp: number;
  readonly management: number;
  readonly prometheus: number;
  readonly distribution: number;
  /** Erlang's port mapper; a private one, so that no daemon outlives the launcher and the machine's own is not used. */
  readonly epmd: number;
}

export const PORT_NAMES = [
  'amqp',
  'management',
  'prometheus',
  'distribution',
  'epmd',
] as const satisfies readonly (keyof RabbitmqPorts)[];

/**
 * Writes every file that the server would otherwise read from /etc/rabbitmq. Returns the environment that names them.
 */
export function writeRabbitmqFiles(folder: string, logs: string, state: RabbitmqState): Record<string, string> {
  const etc = join(folder, 'etc');
  mkdirSync(join(etc, 'conf.d'), { recursive: true });
  mkdirSync(join(folder, 'data'), { recursive: true });
  mkdirSync(join(folder, 'home'), { recursive: true, mode: 0o700 });
  const write = (name: string, text: string): string => {
    const file = join(etc, name);
    writeFileSync(file, text, { mode: 0o600 });
    return file;
  };
  return {
    RABBITMQ_NODENAME: state.node,
    RABBITMQ_MNESIA_BASE: join(folder, 'data'),
    RABBITMQ_LOG_BASE: logs,
    RABBITMQ_LOGS: join(logs, 'rabbitmq.log'),
    RABBITMQ_CONFIG_FILE: write('rabbitmq.conf', rabbitmqConfig(state)),
    RABBITMQ_CONFIG_FILES: join(etc, 'conf.d', '*.conf'),
    RABBITMQ_ADVANCED_CONFIG_FILE: write('advanced.config', '[].\n'),
    RABBITMQ_ENABLED_PLUGINS_FILE: write('enabled_plugins', '[rabbitmq_management,rabbitmq_prometheus].\n'),
    // The machine's own file would set the node's name again.
    RABBITMQ_CONF_ENV_FILE: write('rabbitmq-env.conf', '# Nothing: the launcher sets everything in the environment.\n'),
    RABBITMQ_DIST_PORT: String(state.ports.distribution),
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS:
      '+sbwt none +sbwtdcpu none +sbwtdio none -kernel inet_dist_use_interface {127,0,0,1}',
    // Makes the script become the Erlang VM instead of waiting for it, so that there is one process to signal.
    RUNNING_UNDER_SYSTEMD: '1',
    ERL_EPMD_ADDRESS: '127.0.0.1',
    ERL_EPMD_PORT: String(state.ports.epmd),
  };
}

export function rabbitmqConfig({ user, password, ports }: RabbitmqState): string {
  return [
    `listeners.tcp.local = 127.0.0.1:${ports.amqp}`,
    'management.tcp.ip = 127.0.0.1',
    `management.tcp.port = ${ports.management}`,
    'prometheus.tcp.ip = 127.0.0.1',
    `prometheus.tcp.port = ${ports.prometheus}`,
    `default_user = ${user}`,
    `default_pass = ${password}`,
    // Statistics cost a small machine more than the messages do.
    'collect_statistics_interval = 5000',
    'management.rates_mode = basic',
    'log.file.level = info',
    'log.file.rotation.size = 10485760',
    'log.file.rotation.count = 3',
    // The default is half a gigabyte, for notifications of a few bytes.
    'raft.wal_max_size_bytes = 67108864',
    '',
  ].join('\n');
}
