import type { TensorRtOptions } from './options.js';
import { shapesText } from './provider-options.js';

/** A command that builds an engine on the machine that will run it. */
export interface TrtexecCommand {
  /** `trtexec` and its arguments, not yet quoted for a shell. */
  readonly argv: readonly string[];
  /** Settings that are ONNX Runtime's own and have no counterpart here. */
  readonly leftOut: readonly (keyof TensorRtOptions)[];
}

const mebibyte = 1024 * 1024;

/** Settings that mean something in ONNX Runtime only: its graph splitting, its caches, its way of running. */
const runtimeOnly = [
  'maxPartitionIterations',
  'minSubgraphSize',
  'int8Calibration',
  'engineDecryptionLibrary',
  'layerNormFp32Fallback',
  'operatorsToExclude',
] as const satisfies readonly (keyof TensorRtOptions)[];

/**
 * The command line that builds the engine which the same settings would make ONNX Runtime build. The flags are those of
 * TensorRT 8.6 to 10; settings that 8.5 lacks are only there if they are set.
 */
export function trtexecCommand(options: TensorRtOptions, onnxPath: string, enginePath: string): TrtexecCommand {
  const argv = ['trtexec', `--onnx=${onnxPath}`, `--saveEngine=${enginePath}`];
  const add = (isSet: boolean | undefined, ...flags: string[]): void => {
    if (isSet === true) argv.push(...flags);
  };
  const { profile, maxWorkspaceBytes, timingCachePath } = options;
  add(options.deviceId !== undefined, `--device=${options.deviceId}`);
  add(options.fp16, '--fp16');
  add(options.bf16, '--bf16');
  add(options.int8, '--int8');
  add(options.stronglyTyped, '--stronglyTyped');
  add(options.dlaCore !== undefined, `--useDLACore=${options.dlaCore}`, '--allowGPUFallback');
  if (maxWorkspaceBytes !== undefined && maxWorkspaceBytes > 0) {
    // Without a suffix, MiB: what every version reads.
    argv.push(`--memPoolSize=workspace:${Math.max(1, Math.round(maxWorkspaceBytes / mebibyte))}`);
  }
  add(options.builderOptimizationLevel !== undefined, `--builderOptimizationLevel=${options.builderOptimizationLevel}`);
  add(options.buildHeuristics, '--heuristic');
  add(options.sparsity, '--sparsity=enable');
  const { auxiliaryStreams = -1 } = options;
  add(auxiliaryStreams >= 0, `--maxAuxStreams=${auxiliaryStreams}`);
  add(options.tacticSources !== undefined, `--tacticSources=${options.tacticSources}`);
  add(options.previewFeatures !== undefined, `--preview=${options.previewFeatures}`);
  for (const library of options.extraPluginLibraries ?? []) argv.push(`--dynamicPlugins=${library}`);
  if (profile !== undefined) {
    for (const bound of ['min', 'opt', 'max'] as const) argv.push(`--${bound}Shapes=${shapesText(profile[bound])}`);
  }
  add(options.hardwareCompatible, '--hardwareCompatibilityLevel=ampere+');
  add(options.weightStripped !== undefined, '--stripWeights');
  // A file here, a folder in ONNX Runtime.
  add(
    options.timingCache,
    `--timingCacheFile=${timingCachePath === undefined ? '' : `${timingCachePath}/`}trtexec.timing`,
  );
  add(options.detailedBuildLog, '--verbose');
  return { argv, leftOut: runtimeOnly.filter((name) => options[name] !== undefined) };
}

/** The command as one line for a POSIX shell; whatever is not plain is quoted. */
export function shellLine(argv: readonly string[]): string {
  return argv.map((word) => (/^[\w./:=,+@%-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)).join(' ');
}
