import { loadConfig } from '@pugmark/platform';
import { GatewayConfig, assertNotOpenToAll } from './config';

const REQUIRED = {
  DATABASE_URL: 'postgres://user:hunter2@db/pugmark',
  RABBITMQ_URL: 'amqp://broker',
  HEALTH_PORT: '9100',
  STORAGE_DIR: '/var/lib/pugmark',
  INGEST_ROOTS: '/srv/cards:/mnt/share',
};

describe('GatewayConfig', () => {
  it('requires only the settings without a sensible default', () => {
    expect(loadConfig(GatewayConfig, REQUIRED)).toMatchObject({
      PORT: 8080,
      INGEST_ROOTS: ['/srv/cards', '/mnt/share'],
      REDIS_KEY_PREFIX: '',
    });
  });

  it('lists every problem at once and prints no secret', () => {
    const bad = {
      ...REQUIRED,
      PORT: '99999',
      REDIS_URL: 'http://user:hunter2@x',
      STORAGE_DIR: '',
      UPLOAD_MAX_FILES: 'many',
      INGEST_ROOTS: ':',
    };
    const load = (): GatewayConfig => loadConfig(GatewayConfig, bad);
    expect(load).toThrow(/PORT[\s\S]*REDIS_URL[\s\S]*STORAGE_DIR[\s\S]*INGEST_ROOTS[\s\S]*UPLOAD_MAX_FILES/);
    expect(load).not.toThrow(/hunter2/);
  });

  it('does not print a malformed admin key', () => {
    const load = (): GatewayConfig => loadConfig(GatewayConfig, { ...REQUIRED, ADMIN_KEY: 'pm_hunter2' });
    expect(load).toThrow(/ADMIN_KEY: must be pm_/);
    expect(load).not.toThrow(/hunter2/);
  });

  it.each(['0.0.0.0', '::', '192.168.1.5', 'cameras.example.org', '127.0.0.1.example.org'])(
    'requires keys when HOST is %s',
    (HOST) => {
      expect(() => assertNotOpenToAll(loadConfig(GatewayConfig, { ...REQUIRED, HOST }))).not.toThrow();
      expect(() => assertNotOpenToAll(loadConfig(GatewayConfig, { ...REQUIRED, HOST, AUTH: 'open' }))).toThrow(/AUTH/);
    },
  );

  it.each(['127.0.0.1', '127.1.2.3', '::1', 'localhost'])('allows AUTH=open when HOST is %s', (HOST) => {
    expect(() => assertNotOpenToAll(loadConfig(GatewayConfig, { ...REQUIRED, HOST, AUTH: 'open' }))).not.toThrow();
  });
});
