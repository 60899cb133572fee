#include "files.h"

void main(void) {
    fs_server_run("fs.tar", &files_server);
}
