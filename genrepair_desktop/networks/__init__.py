"""nn.Modules only: shapes in, shapes out. ``build.build(config)`` makes one from a card's config.

The networks that repair, how to get one and how to call it (``registry`` does both for the methods)::

    models = ModelLoader(ModelStore.installed())           # registry.loader, registry.store
    network = models.load("fill-cnn")                      # eval mode, on the device, in bf16 where that is fast
    fill = run_network(network, [start, hole])  # registry.inference: arrays in, checked array out

Arrays are float32 (h, w, c), tensors (n, c, h, w), pictures sRGB in [0, 1]; a grey picture is repeated to three
channels. Any height and width: networks pad themselves to what they need.

    fill-cnn   [start (h, w, 3), hole (h, w, 1)] -> (h, w, 3). ``start`` is ``imaging.prefill.prefill(image, mask)``,
               ``hole`` the mask as 0.0 and 1.0. Outside the hole the answer equals ``start``.
    fill-gan   [start, hole, noise (h, w, 2)] -> (h, w, 3). ``noise`` is standard normal, drawn from the seed.
    denoise    [picture] -> (h, w, 3); with ``method="with_map"`` (h, w, 4), the last being the noise map: local
               standard deviation of what was removed. A strength below one adds a part of the residual back.
    upscale    [picture, scale (1, 1, 1)] -> (h * scale, w * scale, 3), scale 2.0 or 4.0
    detect     [picture] -> (h, w, 1), probability that the pixel is damaged
"""
