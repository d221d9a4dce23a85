"""The Samples workspace: choosing a model, sampling, the gallery, fusing, walking, and the way into the photo."""
