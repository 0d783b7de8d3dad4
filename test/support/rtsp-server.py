"""A real RTSP server for the tests: GStreamer's own, serving its moving test image at /live.

Arguments: port, codec (h264 or h265), width, height. Prints "ready" when it listens. Ends with its standard input.
"""
import sys
import threading

import gi

gi.require_version('Gst', '1.0')
gi.require_version('GstRtspServer', '1.0')
from gi.repository import GLib, Gst, GstRtspServer  # noqa: E402

port, codec, width, height = sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4]
encoder = {
    'h264': 'x264enc tune=zerolatency speed-preset=ultrafast key-int-max=10 ! rtph264pay name=pay0 pt=96',
    'h265': 'x265enc tune=zerolatency speed-preset=ultrafast key-int-max=10 ! rtph265pay name=pay0 pt=96',
}[codec]
image = f'video/x-raw,format=I420,width={width},height={height},framerate=25/1'

Gst.init(None)
server = GstRtspServer.RTSPServer()
server.set_address('127.0.0.1')
server.set_service(port)
factory = GstRtspServer.RTSPMediaFactory()
factory.set_launch(f'( videotestsrc is-live=true pattern=ball ! {image} ! {encoder} )')
factory.set_shared(True)
server.get_mount_points().add_factory('/live', factory)
if server.attach(None) == 0:
    sys.exit(f'cannot listen on port {port}')
loop = GLib.MainLoop()
threading.Thread(target=lambda: (sys.stdin.read(), loop.quit()), daemon=True).start()
print('ready', flush=True)
loop.run()
