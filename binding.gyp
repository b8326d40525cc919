# A shim for node-gyp: it names no source. scripts/build.mjs runs CMake, and CMakeLists.txt lists the sources.
# CMake gets a folder of its own, because node-gyp empties build/.
{
  "targets": [
    {
      "target_name": "vqathinker",
      "type": "none",
      "actions": [
        {
          "action_name": "cmake",
          "inputs": ["CMakeLists.txt"],
          "outputs": ["<(PRODUCT_DIR)/vqathinker.node"],
          "action": ["node", "scripts/build.mjs", "--out", "build-gyp", "--copy", "<(PRODUCT_DIR)"]
        }
      ]
    }
  ]
}
