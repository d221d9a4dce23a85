"""What a picture is: arrays, files, masks, colour. numpy, Pillow and OpenCV only."""
