"""Networks without a framework, small enough to read: what is meant by "from scratch".

Layouts are Keras's (images NHWC, kernels (height, width, in, out), dense kernels (in, out)) and so are the
names ("conv1/kernel"), so that weights can be exchanged layer by layer. Read `layers`, then `windows`,
`convolution`, `pooling`, `losses`, `optimizers`, and `network` last. Nothing but numpy, and scipy's logistic function.
"""
