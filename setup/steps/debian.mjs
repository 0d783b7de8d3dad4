import { spawnSync } from 'node:child_process';
import { findProgram, outputOf, runLogged, SetupError } from '../context.mjs';
import { isLibtensorflowFetched } from './libtensorflow.mjs';

/** Packages that every machine needs: GStreamer with the plugins of our pipelines, and what its binding builds with. */
const runtimePackages = [
  'gstreamer1.0-tools', // gst-inspect, for `cyclops doctor`
  'gstreamer1.0-plugins-base', // videoconvert, videoscale, videotestsrc, decodebin
  'gstreamer1.0-plugins-good', // v4l2src, qtdemux, mp4mux, jpegdec
  'gstreamer1.0-plugins-bad', // gdppay, h264parse
  'gstreamer1.0-plugins-ugly', // x264enc
  'gstreamer1.0-libav', // avdec_h264
  'libgstreamer1.0-dev',
  'libgstreamer-plugins-base1.0-dev',
];

/** What the tests run against: a real RTSP server, half a megabyte, and Redis without its service, one. */
const developerPackages = ['python3-gi', 'gir1.2-gst-rtsp-server-1.0', 'redis-tools'];

/** Programs that may come from elsewhere than Debian: a package is asked for only where its program is missing. */
const programs = [
  { programs: ['c++', 'g++'], package: 'g++' },
  { programs: ['pkg-config'], package: 'pkg-config' },
];

/** Debian packages (also Ubuntu's, which a Jetson has). */
export const debianStep = {
  name: 'Debian packages',
  does: 'install GStreamer, its headers and what native parts build with',
  wayOut: 'Look at the log; `apt-get update` and `apt-get -f install` as root often help.',

  isDone(options) {
    return missingPackages(options).length === 0;
  },

  async run(options, say) {
    const missing = missingPackages(options);
    const install = ['apt-get', 'install', '-y', '--no-install-recommends', ...missing];
    const line = `sudo apt-get update && sudo ${install.join(' ')}`;
    if (findProgram('apt-get') === undefined) {
      throw new SetupError(
        `this system has no apt-get, and these are missing: ${missing.join(' ')}`,
        'Install the same with your package manager (GStreamer 1.x with all plugin sets and headers, g++, pkg-config, Python 3 with pip).',
      );
    }
    const prefix = administratorPrefix(line, say);
    say(missing.join(' '));
    const [command, ...rest] = [...prefix, 'env', 'DEBIAN_FRONTEND=noninteractive'];
    const wayOut = `Run it yourself and look at what it says: ${line}`;
    // A failing update (one dead source among many) need not hinder the installation.
    await runLogged(command, [...rest, 'apt-get', 'update'], wayOut).catch((error) =>
      say(`apt-get update failed: ${error.message}`),
    );
    await runLogged(command, [...rest, ...install], wayOut);
  },
};

/** The packages to install. Without dpkg, nothing is known: the steps that build then say what they lack. */
function missingPackages(options) {
  const wanted = [...runtimePackages, ...(options.runtimeOnly ? [] : developerPackages)];
  for (const entry of programs) if (findProgram(...entry.programs) === undefined) wanted.push(entry.package);
  if (!options.runtimeOnly && !isLibtensorflowFetched()) {
    if (findProgram('python3') === undefined) wanted.push('python3');
    if (outputOf('python3', ['-m', 'pip', '--version']) === undefined) wanted.push('python3-pip');
  }
  if (findProgram('dpkg-query') === undefined) {
    const looksComplete = findProgram('gst-inspect-1.0') !== undefined && findProgram('pkg-config') !== undefined;
    return looksComplete ? [] : wanted;
  }
  const installed = installedPackages(wanted);
  return wanted.filter((name) => !installed.has(name));
}

/** Those of some packages that are installed. dpkg-query fails where it does not know one of them, but lists the rest. */
function installedPackages(names) {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg-query's own placeholders
  const query = spawnSync('dpkg-query', ['-W', '-f', '${Package} ${db:Status-Status}\n', ...names], {
    encoding: 'utf8',
  });
  const lines = (query.stdout ?? '').split('\n').map((line) => line.split(' '));
  return new Set(lines.filter(([, status]) => status === 'installed').map(([name]) => name));
}

/** What stands before a command that only root may run: nothing, or sudo, which may ask where a person is watching. */
function administratorPrefix(line, say) {
  if (process.getuid?.() === 0) return [];
  const sudo = findProgram('sudo');
  if (sudo !== undefined) {
    const mayRun = () => outputOf(sudo, ['-n', 'true']) !== undefined;
    if (!mayRun() && process.stdin.isTTY && process.stdout.isTTY) {
      say(`root is needed for: ${line}`);
      spawnSync(sudo, ['-v'], { stdio: 'inherit' });
    }
    if (mayRun()) return [sudo, '-n'];
  }
  throw new SetupError(
    'packages are missing, and only root may install them',
    `run this line, then set up again:\n\n  ${line}\n`,
  );
}
