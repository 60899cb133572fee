#include "files.h"

void main(void) {
    fs_server_run("fs.fat", &files_server);
}
