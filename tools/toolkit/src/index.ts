export { Terminal } from './cli/terminal';
export { integerOption, parseOptions, portOption } from './cli/options';
export { type Progress, formatProgress } from './cli/progress-bar';
export { formatTable } from './cli/table';
export { type Command, type CommandContext } from './command';
export { InterruptedError, CommandError, UsageError } from './command-error';
export { type Log } from './log';
export { describeMachine } from './machine';
export { runMain } from './run-main';
export { descendants } from './processes/descendants';
export { findOnPath, firstExecutable, versionFolders } from './processes/find-binary';
export { LineSplitter } from './processes/line-splitter';
export { belongsTo, isRunning, processFacts } from './processes/process-facts';
export {
  CommandFailedError,
  lastLines,
  runAttachedCommand,
  runCommand,
  type CommandSpec,
} from './processes/run-command';
export { type StopOptions, killProcess, stopProcess } from './processes/stop-process';
export { untilAborted } from './until-aborted';
export { waitUntil } from './wait-until';
