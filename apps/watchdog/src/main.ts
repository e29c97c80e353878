import { IncidentRepository } from '@pugmark/db';
import { runPugmarkService } from '@pugmark/service';
import { TaskInvariantCheck } from './checks/task-invariant.check';
import { WatchdogConfig } from './config';

runPugmarkService('watchdog', WatchdogConfig, process.env, ({ config, logger, metrics, runtime }) => {
  const { db, tasks } = runtime;
  const invariant = new TaskInvariantCheck(
    { db, tasks, incidents: new IncidentRepository(), logger, metrics },
    config.INVARIANT_GRACE_SECONDS,
  );
  runtime.startLoop('task invariant', async () => {
    await invariant.run();
    return config.CHECK_INTERVAL_MS;
  });
});
